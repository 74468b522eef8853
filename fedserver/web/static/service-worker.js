// The service worker of the pages. Before it stands SHELL: its version, the files to keep, title and icon.
//
// It keeps three things: files of the program (under their hash), what only the member may read (the last home
// page and its pictures, until they log out), and posts that were written without a network (until the server
// has taken each of them, once).
const FILES = `shell-${SHELL.version}`;
const MEMBER = "member";
const HOME = "/home";
const OFFLINE = "/offline";
const QUEUED = "/write"; // the form whose posts wait for the network
const OUTBOX = "outbox"; // the name of the queue, of its lock, and of the event that the network is back
const MAX_PICTURES = 100;
// Pages vary by cookie and language, which a cache cannot know; each is kept in the form that was read last.
const ANY = { ignoreVary: true };

// --- Storage: one database with the posts that wait, and who reads on this device.
const openDatabase = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("fedserver", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("posts", { keyPath: "key" });
      request.result.createObjectStore("reader", { keyPath: "id" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const run = async (store, mode, act) => {
  const database = await openDatabase();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
};
const readReader = async () => (await run("reader", "readonly", (store) => store.get(1))) ?? { account: "", csrf: "" };
const listPosts = async (account) => {
  const posts = await run("posts", "readonly", (store) => store.getAll());
  return posts.filter((post) => post.account === account).sort((one, other) => one.at - other.at);
};
const savePost = (post) => run("posts", "readwrite", (store) => store.put(post));
const deletePost = (key) => run("posts", "readwrite", (store) => store.delete(key));

// --- The files of the program: those of this version come with it, and those of former ones go.
self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(FILES);
    await cache.addAll([...SHELL.files, OFFLINE]);
    // Pages come from the server with the addresses of their files, so no page needs the former worker.
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});
self.addEventListener("activate", (event) => {
  const start = async () => {
    for (const name of await caches.keys()) if (name !== FILES && name !== MEMBER) await caches.delete(name);
    await self.registration.navigationPreload?.enable();
    await self.clients.claim();
  };
  event.waitUntil(start());
});
const isFile = (url) => url.searchParams.has("v") && (url.pathname.startsWith("/static/") || url.pathname === "/style.css");
const serveFile = async (request) => {
  const cached = await caches.match(request, ANY);
  if (cached) return cached;
  try {
    const response = await fetch(request);
    if (response.ok) await (await caches.open(FILES)).put(request, response.clone());
    return response;
  } catch {
    // A page that was kept before an update names former files; those of today are better than none.
    return (await caches.match(request, { ...ANY, ignoreSearch: true })) ?? Response.error();
  }
};

// --- What the member read last.
const forgetMember = () => caches.delete(MEMBER);
const keepHome = async (response) => {
  const text = (await response.text()).replace("<html ", `<html data-copied="${Date.now()}" `);
  const { status, headers } = response;
  await (await caches.open(MEMBER)).put(HOME, new Response(text, { status, headers }));
};
const navigate = async (event, url) => {
  try {
    const response = (await event.preloadResponse) ?? (await fetch(event.request));
    if (url.pathname === HOME && !url.search) {
      if (response.ok) event.waitUntil(keepHome(response.clone()));
      // It leads to the log-in: the session is over.
      if (response.type === "opaqueredirect") event.waitUntil(forgetMember());
    }
    return response;
  } catch {
    const copy = url.pathname === HOME ? await caches.match(HOME, { ...ANY, cacheName: MEMBER }) : null;
    return copy ?? (await caches.match(OFFLINE, ANY)) ?? Response.error();
  }
};
const isPictureAtHome = (request, url) =>
  request.destination === "image" && url.pathname.startsWith("/media/") && request.referrer === new URL(HOME, url).href;
const servePicture = async (request) => {
  const cache = await caches.open(MEMBER);
  const cached = await cache.match(request, ANY);
  if (cached) return cached;
  const response = await fetch(request);
  if (response.ok) {
    await cache.put(request, response.clone());
    const [, ...pictures] = await cache.keys();
    for (const former of pictures.slice(0, Math.max(0, pictures.length - MAX_PICTURES))) await cache.delete(former);
  }
  return response;
};

// --- Posts that were written without a network.
const announce = async (reader) => {
  const posts = await listPosts(reader.account);
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage({ waiting: posts.length });
};
const submit = async (request) => {
  const copy = request.clone();
  let form;
  try {
    form = await request.formData();
  } catch {
    return fetch(copy);
  }
  // The server takes a key once, so that it does not matter if only its answer was lost.
  if (!form.get("key")) form.set("key", crypto.randomUUID());
  try {
    return await fetch(request.url, { method: "POST", body: form, redirect: "manual", referrer: request.referrer });
  } catch {
    const { account } = await readReader();
    const isPost = (form.get("decision") ?? "publish") === "publish";
    if (!account || !isPost) return (await caches.match(OFFLINE, ANY)) ?? Response.error();
    // A page that is read offline has the same key each time; another text is another post, on the server as well.
    const key = `${form.get("key")} ${form.get("text")}`;
    const post = { key, account, url: request.url, fields: [...form], at: Date.now(), refused: false };
    await savePost(post);
    await self.registration.sync?.register(OUTBOX).catch(() => {});
    return Response.redirect(OFFLINE, 303);
  }
};
const sendPost = async (post, csrf) => {
  const form = new FormData();
  for (const [name, value] of post.fields) form.append(name, value);
  if (csrf) form.set("csrf", csrf);
  const response = await fetch(post.url, { method: "POST", body: form, redirect: "manual" });
  if (response.type === "opaqueredirect") await deletePost(post.key); // it leads to the post
  else if ([401, 403, 429].includes(response.status) || response.status >= 500) return false;
  else await savePost({ ...post, refused: true });
  return true;
};
// One at a time and in their order, whoever asks for it: each page that opens, and the browser.
const sendPosts = () =>
  navigator.locks.request(OUTBOX, async () => {
    const reader = await readReader();
    try {
      for (const post of await listPosts(reader.account)) {
        if (!post.refused && !(await sendPost(post, reader.csrf))) break;
      }
    } catch {
      // Without a network they wait.
    }
    await announce(reader);
  });
self.addEventListener("sync", (event) => {
  if (event.tag === OUTBOX) event.waitUntil(sendPosts());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  const isPage = request.mode === "navigate";
  if (request.method === "POST" && isPage && url.pathname === QUEUED) event.respondWith(submit(request));
  else if (request.method === "POST" && url.pathname === "/logout") event.waitUntil(forgetMember());
  else if (request.method !== "GET") return;
  else if (isPage) event.respondWith(navigate(event, url));
  else if (isFile(url)) event.respondWith(serveFile(request));
  else if (isPictureAtHome(request, url)) event.respondWith(servePicture(request));
});

// --- What pages say and ask.
const meet = async ({ account, csrf, language }) => {
  const former = await readReader();
  if (former.account !== account) await forgetMember();
  if (former.language !== language) await (await caches.open(FILES)).add(OFFLINE).catch(() => {});
  await run("reader", "readwrite", (store) => store.put({ id: 1, account, csrf, language }));
  if (account) await sendPosts();
};
const describePost = ({ key, at, refused, fields }) => ({ key, at, refused, text: new Map(fields).get("text") ?? "" });
self.addEventListener("message", (event) => {
  const { act, key, reader } = event.data;
  const list = async () => event.ports[0].postMessage((await listPosts((await readReader()).account)).map(describePost));
  const remove = async () => {
    await deletePost(key);
    await list();
  };
  event.waitUntil({ meet: () => meet(reader), list, remove }[act]());
});

// --- Notifications that the server pushes.
self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data.json();
  } catch {
    // Browsers demand that something is shown.
  }
  const { title = SHELL.title, body = "", icon = SHELL.icon, tag, locale, url = "/notifications" } = message;
  const options = { body, icon, badge: SHELL.icon, tag, lang: locale, dir: "auto", data: { url } };
  event.waitUntil(self.registration.showNotification(title, options));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { href } = new URL(event.notification.data?.url ?? "/notifications", self.location.origin);
  const open = async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    const shown = pages.find((page) => page.url === href);
    await (shown ? shown.focus() : self.clients.openWindow(href));
  };
  event.waitUntil(open());
});
