import type { Words } from '../../lib/i18n.ts'

export const correct: Words['correct'] = {
  cancelTitle: 'Cancelar: enviada por error',
  allClearTitle: 'Dar el fin de alerta',
  errorFor: 'Enviada por error desde hace',
  about: title => `Para: ${title}`,
  goesTo: phones => `Va exactamente a los ${phones} cuyo mensaje pudo haber salido.`,
  stopsFirst: 'Antes se detiene lo que aún no ha salido.',
  approvedText: 'Este texto se aprobó con la alerta. Usted lo envía sin nadie más.',
  cancelButton: phones => `Enviar «enviada por error» a ${phones}`,
  allClearButton: phones => `Enviar el fin de alerta a ${phones}`,
  cancelExercise: phones => `Ejercicio: enviar «enviada por error» a ${phones}`,
  allClearExercise: phones => `Ejercicio: enviar el fin de alerta a ${phones}`,
  sending: 'Enviando…',
  nonePrepared:
    'No se aprobó un texto así con esta alerta. Detenga lo que aún sale y escriba una actualización que lo diga.',
  back: 'Volver a la alerta',
  counting: 'Contando los teléfonos…',
}
