// Passkeys: the browser asks its authenticators, and the answer goes into the form that is there anyway.
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    },
  });
  return answer(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
  });
}

async function get(options) {
  const made = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: named(options.allowCredentials),
    },
  });
  const handle = made.response.userHandle;
  return answer(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    authenticatorData: text(made.response.authenticatorData),
    signature: text(made.response.signature),
    userHandle: handle ? text(handle) : null,
  });
}

function answer(made, response) {
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

function tell(form, words) {
  const old = form.querySelector(".problem");
  const shown = old ?? document.createElement("p");
  shown.className = "problem";
  shown.setAttribute("role", "alert");
  shown.textContent = words;
  if (!old) form.prepend(shown);
}

async function submit(form) {
  const asked = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (asked.redirected) {
    location.assign(asked.url);
    return;
  }
  if (!asked.ok) throw new Error(String(asked.status));
  const options = await asked.json();
  form.elements.credential.value = await (form.dataset.passkey === "create" ? create(options) : get(options));
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.setAttribute("aria-busy", "true");
    submit(form)
      .catch(() => tell(form, form.dataset.problem))
      .finally(() => form.removeAttribute("aria-busy"));
  });
}
