import type { ByRuleWords } from '../by-rule.ts'

export const byRule: ByRuleWords = {
  asks: feed => `El canal «${feed}» le pide enviar esta alerta`,
  written: feed => `Escrita por el canal «${feed}», por su regla. Nadie la ha leído.`,
  readAll: 'Lea cada palabra, la zona y las cifras: usted es la primera persona.',
}
