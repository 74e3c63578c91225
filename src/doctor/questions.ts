import type { Question } from './check.ts'

/** What is asked of every way to install Multus. */

export const MODE: Question = {
  id: 'multus-mode',
  title: 'Thin or thick Multus',
  why: 'A thick Multus can attach networks to running pods, a thin one is a single program; their settings are different ones.',
}

export const CONFIGURATION: Question = {
  id: 'cni-config-dir',
  title: 'Multus writes where the container runtime reads',
  why: 'containerd takes 00-multus.conf only from its own directory; written anywhere else, Multus is never called.',
}
