import type { Question } from './check.ts'

/** What is asked of more than one way to install Multus. */

export const MODE: Question = {
  id: 'multus-mode',
  title: 'Thin or thick Multus',
  why: 'A thick Multus can attach networks to running pods, a thin one is a single program; their settings are different ones.',
}

export const CNI_CONFIG_DIR: Question = {
  id: 'cni-config-dir',
  title: 'Multus writes where the container runtime reads',
  why: 'containerd takes 00-multus.conf only from its own directory; written anywhere else, Multus is never called.',
}

export const AUTOCONFIG: Question = {
  id: 'multus-autoconfig-dir',
  title: "Multus finds the cluster's default network",
  why: 'It reads the first configuration there to make its own; without it pods get no eth0.',
}

export const KUBECONFIG: Question = {
  id: 'multus-kubeconfig',
  title: 'Multus finds its kubeconfig',
  why: 'The configuration that it writes names the file as the host has it; with another name no pod starts.',
}
