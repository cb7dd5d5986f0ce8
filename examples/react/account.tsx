import { useEffect, useState, type ReactNode } from 'react'
import { profileUrl, tokens } from '../common/session.js'

interface Profile {
  readonly name: string
  readonly email: string
}

/** Who is signed in, as the API says. */
export function Account(): ReactNode {
  const [profile, setProfile] = useState<Profile>()
  const [answer, setAnswer] = useState('')

  async function load(): Promise<void> {
    const startedAt = performance.now()
    try {
      const response = await tokens.fetch(profileUrl)
      setAnswer(`GET /me → ${response.status}, ${Math.round(performance.now() - startedAt)} ms`)
      if (response.ok) setProfile((await response.json()) as Profile)
    } catch (error) {
      setAnswer(error instanceof Error ? error.message : String(error))
    }
  }

  useEffect(() => void load(), [])

  return (
    <section className="card profile">
      <span className="avatar" aria-hidden="true">
        {profile?.name.slice(0, 1)}
      </span>
      <div>
        <h1>{profile?.name ?? 'Loading…'}</h1>
        <p>{profile?.email}</p>
      </div>
      <div className="call">
        <button onClick={() => void load()}>Call the API</button>
        <output>{answer}</output>
      </div>
    </section>
  )
}
