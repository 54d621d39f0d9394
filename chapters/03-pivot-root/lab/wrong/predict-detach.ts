// finds predicted
// What is in use is not unmounted.
export const withoutDetach: Outcome = 'runs'
