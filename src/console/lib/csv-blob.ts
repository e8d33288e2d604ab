/** With U+FEFF before it, by which spreadsheets know UTF-8. */
export const csvBlob = (parts: readonly BlobPart[]) =>
  new Blob(['\uFEFF', ...parts], { type: 'text/csv;charset=utf-8' })
