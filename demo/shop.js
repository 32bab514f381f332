// The shop's own behaviour. The tracker may be blocked: the shop must not care.
const track = (name, properties) => window.footfall?.track?.(name, properties)
const byId = (id) => document.getElementById(id)

/** Category buttons and the search box narrow the list without a page load. */
for (const button of document.querySelectorAll('[data-filter]')) {
  button.addEventListener('click', () => {
    for (const other of document.querySelectorAll('[data-filter]')) {
      other.setAttribute('aria-pressed', String(other === button))
    }
    for (const card of document.querySelectorAll('#products .card')) {
      card.hidden = button.dataset.filter !== '' && card.dataset.category !== button.dataset.filter
    }
  })
}
const wanted = new URLSearchParams(location.search).get('q')
if (wanted && byId('search-result')) {
  let found = 0
  for (const card of document.querySelectorAll('#products .card')) {
    card.hidden = !card.textContent.toLowerCase().includes(wanted.toLowerCase())
    if (!card.hidden) found++
  }
  byId('search-result').textContent = `${found} found for “${wanted}”.`
}

byId('cart-form')?.addEventListener('submit', (event) => {
  event.preventDefault()
  const quantity = Number(byId('quantity').value)
  track('add_to_cart', { product: 'Waxed tool roll', price: 58, currency: 'EUR', quantity })
  byId('cart-message').textContent = `${quantity} in your cart.`
})

/** Tabs, with the arrow keys as well. */
const tabs = [...document.querySelectorAll('[role=tab]')]
const select = (tab) => {
  for (const other of tabs) {
    const chosen = other === tab
    other.setAttribute('aria-selected', String(chosen))
    other.tabIndex = chosen ? 0 : -1
    byId(other.getAttribute('aria-controls')).hidden = !chosen
  }
  tab.focus()
}
for (const [index, tab] of tabs.entries()) {
  tab.addEventListener('click', () => select(tab))
  tab.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (step) select(tabs[(index + step + tabs.length) % tabs.length])
  })
}

byId('copy-recipe')?.addEventListener('click', async (event) => {
  await navigator.clipboard?.writeText(byId('recipe-text').textContent)
  event.target.textContent = 'Copied'
})

/** Sent without leaving the page; wrong fields are named. */
byId('contact-form')?.addEventListener('submit', (event) => {
  event.preventDefault()
  const form = event.target
  const error = form.querySelector('.error')
  const wrong = [...form.elements].filter((field) => field.willValidate && !field.checkValidity())
  for (const field of form.elements) field.removeAttribute('aria-invalid')
  for (const field of wrong) field.setAttribute('aria-invalid', 'true')
  error.hidden = wrong.length === 0
  error.textContent =
    wrong.length === 0 ? '' : `Please look at: ${wrong.map((field) => field.name).join(', ')}.`
  wrong[0]?.focus()
  if (wrong.length > 0) return
  form.reset()
  byId('contact-success').textContent = 'Thank you, we have not received your message.'
})

byId('checkout-form')?.addEventListener('submit', (event) => {
  event.preventDefault()
  track('purchase', { amount: 58, currency: 'EUR' })
  // Nothing that was typed goes into an address.
  location.href = 'thanks.html'
})

for (const id of ['sign-in-form', 'newsletter-form']) {
  byId(id)?.addEventListener('submit', (event) => {
    event.preventDefault()
    event.target.reset()
    event.target.querySelector('[role=status]').textContent = 'Done, as far as a demo can be.'
  })
}

/** The planner: a single-page app in small. */
const VIEWS = {
  map: ['Map', 'Forty kilometres, mostly along the river.'],
  hills: ['Hills', 'Three of them, of which one is serious.'],
  weather: ['Weather', 'Dry until four, then not.'],
}
const show = () => {
  const [title, text] = VIEWS[new URLSearchParams(location.search).get('view')] ?? VIEWS.map
  byId('view-title').textContent = title
  byId('view-text').textContent = text
  document.title = `${title} · Spoke & Chain`
}
if (byId('view-title')) {
  for (const link of document.querySelectorAll('[data-view]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault()
      history.pushState(null, '', link.getAttribute('href'))
      show()
    })
  }
  byId('view-back').addEventListener('click', () => history.back())
  addEventListener('popstate', show)
  addEventListener('hashchange', () => {
    byId('stage').textContent = location.hash.replace('#/stage/', 'You are looking at stage ')
  })
  byId('throw-error').addEventListener('click', () => {
    throw new Error('The planner fell into a hedge')
  })
  byId('reject-promise').addEventListener('click', () => {
    Promise.reject(new Error('The weather did not answer'))
  })
  show()
}

/** Stars in a shadow root: a click there must be found as well. */
customElements.define(
  'rating-stars',
  class extends HTMLElement {
    connectedCallback() {
      const root = this.attachShadow({ mode: 'open' })
      const button = document.createElement('button')
      button.id = 'rate'
      button.type = 'button'
      button.textContent = '★★★★☆ Rate it'
      button.addEventListener('click', () => {
        button.textContent = '★★★★★ Thank you'
      })
      root.append(button)
    }
  },
)
