import { createServer, type Socket } from 'node:net'
import { listen } from './listen.js'

/** A server that speaks on the bare socket, so that an answer can be anything, also half of one. */
export interface RawServer {
  readonly origin: string
  /** What has arrived, request by request. */
  readonly requests: string[]
  close(): Promise<void>
}

/** Starts a server on loopback that calls `answer` once for each whole request. */
export async function rawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const requests: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
      if (!isWhole(text)) return
      requests.push(text)
      const request = text
      text = ''
      answer(socket, request)
    })
  })
  const port = await listen(server)
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Whether the head and as much of a body as it announces have arrived. */
function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return false
  const [, length = '0'] = /content-length: *(\d+)/i.exec(text.slice(0, headEnd)) ?? []
  return text.length - headEnd - 4 >= Number(length)
}
