/** Only where the server added it: loads the page again when the book has changed. */
const changes = new EventSource('/changes')
changes.addEventListener('message', () => location.reload())
addEventListener('pagehide', () => changes.close())
