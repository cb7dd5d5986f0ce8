import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

/** No system takes a port from here for those who ask for any, such as the other servers of all tests that run now. */
const quietPorts = { first: 10_100, last: 15_999 }
const mostTries = 100

/** Lets a server listen on a port of this machine, any free one unless it is given; resolves to the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

/** A port of this machine on which nobody listens, and nobody will but who has asked for it. */
export async function freePort(): Promise<number> {
  const { first, last } = quietPorts
  for (let tries = 0; tries < mostTries; tries++) {
    const port = first + Math.floor(Math.random() * (last - first + 1))
    if (await isFree(port)) return port
  }
  throw new Error(`no port from ${first} to ${last} is free`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await listen(server, port)
  } catch {
    return false
  }
  await new Promise((resolve) => server.close(resolve))
  return true
}
