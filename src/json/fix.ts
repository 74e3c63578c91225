/**
 * The one right answer to a problem: `text` in place of the key or the value that the problem points to. `rename`
 * changes what stands between the quotes, `write` the value with its quotes. Letters, digits and `.:/-` only, so that
 * the text needs no escape in any style of YAML that the JSON may be written in.
 */
export interface Fix {
  readonly action: 'rename key' | 'rename value' | 'write value'
  readonly text: string
}
