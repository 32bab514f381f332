import { createTheme, type MantineColorsTuple } from '@mantine/core'

const teal: MantineColorsTuple = [
  '#effcf9',
  '#d5f5ee',
  '#a9eadd',
  '#75dbc9',
  '#43c5b1',
  '#21a794',
  '#158a7b',
  '#0f766e',
  '#0e5f59',
  '#0c4a46',
]

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 4 },
  colors: { accent: teal },
  defaultRadius: 'md',
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  headings: { fontWeight: '650' },
})
