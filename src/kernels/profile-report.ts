// NETWRIGHT_PROFILE=1: every plan is profiled, and the profiles go to stderr.

import { counted } from '../errors.js'
import { progressStream, setting } from '../platform.js'
import type { Backend } from './backend.js'
import type { Profile } from './profile.js'

interface Profiled {
  readonly backend: Backend
  profile(): Profile
}

/** Whether the environment asks for profiles: NETWRIGHT_PROFILE is set, and not to 0. */
export function profilesAreAsked(): boolean {
  return (setting('NETWRIGHT_PROFILE') ?? '0') !== '0'
}

/** Prints the profile of `plan`, where the environment asks for it. `what` the plan does is the heading. */
export function reportProfile(what: string, plan: Profiled): void {
  if (!profilesAreAsked()) return
  const profile = plan.profile()
  if (profile.steps === 0) return
  const { isa, threads } = plan.backend
  progressStream().write(`\nProfile of ${what}, ${isa}, ${counted(threads, 'thread')}\n${profile}\n`)
}

const plansAtExit = new Map<Profiled, string>()

/** The same when the process ends. */
export function reportProfileAtExit(what: string, plan: Profiled): void {
  if (!profilesAreAsked()) return
  if (plansAtExit.size === 0) {
    process.once('exit', () => {
      for (const [profiled, title] of plansAtExit) reportProfile(title, profiled)
    })
  }
  plansAtExit.set(plan, what)
}
