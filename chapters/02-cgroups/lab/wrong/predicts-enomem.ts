// finds predicted
// The errno of chapter 1.
export const refusal: string = 'ENOMEM'
