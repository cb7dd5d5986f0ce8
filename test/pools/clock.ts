/** A clock that all processes of a machine share and that nobody sets, in milliseconds. */
export function clock(): number {
  return performance.timeOrigin + performance.now()
}
