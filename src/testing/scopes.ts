/** Whether every word of a scope is one of another. */
export function isWithin(scope: string, granted: string): boolean {
  const words = granted.split(' ')
  return scope.split(' ').every((word) => words.includes(word))
}
