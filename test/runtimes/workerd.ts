import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'
import { workerd } from './runtimes.js'

/** A worker on a port. */
export interface Worker {
  /** Requests a path, and gives the JSON that is answered. */
  request(path: string): Promise<unknown>
  stop(): Promise<void>
}

/**
 * Bundles `worker.js` in `folder`, with the built package and without anything of Node, and serves it as workerd did at a
 * date, which is the `compatibility_date` of workers.
 */
export async function startWorker(folder: string, issuer: string, date = '2026-11-01'): Promise<Worker> {
  const place = await mkdtemp(path.join(folder, 'workerd-'))
  const outfile = path.join(place, 'bundle.js')
  await build({
    entryPoints: [path.join(folder, 'worker.js')],
    outfile,
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  })
  await writeFile(path.join(place, 'config.capnp'), configuration(issuer, date))

  const flags = ['serve', 'config.capnp', '--control-fd=3']
  const child = spawn(workerd, flags, { cwd: place, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  const port = await portFrom(child.stdio[3] as Readable)
  return {
    async request(path) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(15_000) })
      if (!response.ok) throw new Error(await response.text())
      return response.json()
    },
    async stop() {
      // Asked to end, it would wait for its requests.
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** workerd tells where it listens once it does, as a line of JSON. */
async function portFrom(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const { event, port } = JSON.parse(line) as { event: string; port: number }
    if (event === 'listen') return port
  }
  throw new Error('workerd has ended before it listened')
}

/** Requests of the worker may go to this machine, where the authorization server is, and nowhere else. */
function configuration(issuer: string, date: string): string {
  return `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "bundle.js")],
      bindings = [
        (name = "issuer", text = "${issuer}"),
        (name = "sessions", durableObjectNamespace = "TestedObject"),
      ],
      durableObjectNamespaces = [(className = "TestedObject", uniqueKey = "sessions")],
      durableObjectStorage = (inMemory = void),
      compatibilityDate = "${date}",
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`
}
