import type { Client, Holder, Occurrence, Tally } from './tally.js'

/** Where the demo shows what happens. */
export interface Board {
  /** Leaves the last state there. */
  end(): void
}

const redrawMs = 200
const barWidth = 24
const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'

/** Prints a line for each occurrence, for where there is no terminal. */
export function plainBoard(tally: Tally, head: readonly string[]): Board {
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  head.forEach(print)
  tally.occurrences.map(line).forEach(print)
  tally.onOccurrence = (occurrence) => print(line(occurrence))
  return { end: () => undefined }
}

/** Draws a live view, in place. */
export function liveBoard(tally: Tally, head: readonly string[], accessTokenSeconds: number): Board {
  const { stdout } = process
  let drawn = 0
  const draw = (): void => {
    const lines = view(tally, head, accessTokenSeconds, (stdout.rows || 24) - 1)
    const up = drawn > 0 ? `\x1b[${drawn}A\r` : ''
    const width = (stdout.columns || 80) - 1
    stdout.write(`${up}${lines.map((text) => `${style(text.slice(0, width))}\x1b[K\n`).join('')}\x1b[J`)
    drawn = lines.length
  }
  stdout.write(hideCursor)
  draw()
  const timer = setInterval(draw, redrawMs)
  return {
    end() {
      clearInterval(timer)
      draw()
      stdout.write(showCursor)
    },
  }
}

/** The lines of the view: the clients with their holders, and as many of the last events as there is room for. */
function view(tally: Tally, titles: readonly string[], accessTokenSeconds: number, height: number): string[] {
  const clients = tally.clients.flatMap((client) => ['', ...viewClient(client, accessTokenSeconds)])
  const head = [...titles, ...clients, '', '# last events']
  const room = Math.max(0, height - head.length - 2)
  const events = room > 0 ? tally.occurrences.slice(-room).map(line) : []
  const blank = Array<string>(room - events.length).fill('')
  return [...head, ...events, ...blank, '', '  Ctrl-C ends it.'].slice(0, height)
}

function viewClient(client: Client, accessTokenSeconds: number): string[] {
  const [issued, repeated] = [client.renewals('issued').length, client.renewals('repeated').length]
  const holders = Array.from(client.holders, ([name, holder]) => viewHolder(name, holder, accessTokenSeconds))
  return [
    `# ${client.id}: ${client.description}`,
    ...(holders.length > 0 ? holders : ['  nobody is here at the moment']),
    `  renewals ${issued} · token requests ${issued + repeated}, ${repeated} repeated`,
    `  ${client.interruption} ${client.interruptions} · calls ${client.calls}, ${client.failedCalls.length} failed`,
  ]
}

function viewHolder(name: string, { status, generation, expiresAt }: Holder, accessTokenSeconds: number): string {
  if (status !== 'active') return `  ${name.padEnd(11)} ${status.replace('_', ' ')}`
  const seconds = Math.max(0, (expiresAt - Date.now()) / 1000)
  const full = Math.min(barWidth, Math.round((barWidth * seconds) / accessTokenSeconds))
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full)
  return `  ${name.padEnd(11)} generation ${String(generation).padEnd(5)} ${bar} ${seconds.toFixed(1).padStart(4)} s left`
}

function line({ at, who, what }: Occurrence): string {
  const time = new Date(at).toTimeString().slice(0, 8)
  return `  ${time}  ${who.padEnd(11)} ${what}`.replaceAll(/\p{Cc}/gu, ' ')
}

/** Titles are bold, bars are green. */
function style(text: string): string {
  if (!process.stdout.hasColors()) return text.replace(/^# /, '')
  return text.replace(/^# (.*)/, '\x1b[1m$1\x1b[0m').replace(/█+/, '\x1b[32m$&\x1b[0m')
}
