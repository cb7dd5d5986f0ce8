/** The whole number that an option of a script holds, `least` or more; with anything else the script ends with status 2. */
export function wholeNumber(option: string, text: string, least = 1): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number
  console.error(`--${option} must be a whole number, ${least} or more`)
  return process.exit(2)
}
