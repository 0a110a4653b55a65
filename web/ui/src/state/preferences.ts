// Light or dark: as the system says, unless the reader chooses.

import { ref } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

export const themes: readonly Theme[] = ['auto', 'light', 'dark']
const STORED = 'madang.theme'
const theme = ref<Theme>('auto')

function apply(to: Theme): void {
  theme.value = to
  if (to === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = to
}

export function startTheme(): void {
  const stored = localStorage.getItem(STORED) as Theme | null
  apply(stored && themes.includes(stored) ? stored : 'auto')
}

export function useTheme() {
  const setTheme = (to: Theme) => {
    apply(to)
    localStorage.setItem(STORED, to)
  }
  return { theme, setTheme }
}
