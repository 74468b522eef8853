// A server of one actor, hop@HOST, built with Fedify; its checks of signatures are on.
//
// HOST, CERT and KEY (files) and NAMES (see names.mjs) come by environment. When it listens it prints
// {"port", "control"}. POST to /VERB at the control port (on loopback only) has the actor do what `verbs` below
// says; GET there tells all that came to its inboxes: each with the answer's status, how it was signed, what is
// wrong with it (a signature, the proof, words that JSON-LD would lose), and what Fedify read.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import {
  createFederation,
  generateCryptoKeyPair,
  getDocumentLoader,
  MemoryKvStore,
  verifyObject,
  verifyRequest,
} from "@fedify/fedify";
import * as vocab from "@fedify/vocab";
import jsonld from "@fedify/vocab-runtime/jsonld";
import { Temporal } from "@js-temporal/polyfill";
import { ports } from "./names.mjs";

const { HOST, CERT, KEY } = process.env;
const base = new URL(`https://${HOST}`);
const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const keys = [
  await crypto.subtle.generateKey(
    { ...rsa, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }, true, ["sign", "verify"],
  ),
  await generateCryptoKeyPair("Ed25519"),
];
const followers = new Map();
const kept = new Map(); // what is served, by its id
const heard = [];
let name = "Hop";
let wants = ""; // how others have to sign what they read

const kv = new MemoryKvStore();
const kvPrefixes = { httpMessageSignaturesSpec: ["signs"] };
const federation = createFederation({ kv, kvPrefixes, allowPrivateAddress: true });
const me = { identifier: "hop" };

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== me.identifier) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new vocab.Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name,
      summary: "Made elsewhere",
      url: new URL("/@hop", base),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((each) => each.multikey),
    });
  })
  .setKeyPairsDispatcher(() => keys)
  .authorize(mayRead);
const kinds = {
  notes: vocab.Note,
  polls: vocab.Question,
  follows: vocab.Follow,
  leaves: vocab.QuoteAuthorization,
};
for (const [place, kind] of Object.entries(kinds))
  federation
    .setObjectDispatcher(kind, `/${place}/{id}`, (_, { id }) => kept.get(`/${place}/${id}`) ?? null)
    .authorize(mayRead);
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] })).setCounter(() => 0);
federation
  .setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [...followers.values()] }))
  .setCounter(() => followers.size);
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => me)
  .on(vocab.Follow, async (ctx, follow) => {
    const follower = await follow.getActor(ctx);
    followers.set(follower.id.href, follower);
    ctx.data.read = await told(ctx, follow);
    await send(ctx, new vocab.Accept({ object: follow }), follower);
  })
  .on(vocab.Undo, async (ctx, undo) => {
    const undone = await undo.getObject(ctx);
    if (undone instanceof vocab.Follow) followers.delete(undo.actorId.href);
    ctx.data.read = await told(ctx, undo);
  })
  .on(vocab.QuoteRequest, async (ctx, request) => {
    ctx.data.read = await told(ctx, request);
    const [quoting, quoted] = [request.instrumentId, request.objectId];
    const leave = keep(ctx, "leaves", { interactingObject: quoting, interactionTarget: quoted });
    await send(ctx, new vocab.Accept({ object: request, result: leave.id }), await request.getActor(ctx));
  })
  .on(vocab.Activity, async (ctx, activity) => {
    ctx.data.read = await told(ctx, activity);
  });

// Who reads must have signed, the way that is wanted now; we ourselves need not.
async function mayRead(ctx) {
  const { headers } = ctx.request;
  if (headers.get("signature-input")?.includes(HOST) || headers.get("signature")?.includes(HOST)) return true;
  return (wants !== "rfc9421" || headers.has("signature-input")) && (await ctx.getSignedKey()) !== null;
}

// What the library made of it: words of its own classes, nothing of the JSON.
async function told(ctx, activity) {
  const object = await activity.getObject({ ...ctx, suppressError: true });
  const tags = [];
  if (object?.getTags) for await (const tag of object.getTags(ctx)) tags.push(String(tag.name));
  return {
    type: activity.constructor.name,
    actor: activity.actorId?.href,
    object: activity.objectId?.href ?? null,
    kind: object?.constructor.name ?? null,
    name: object?.name?.toString() ?? null,
    content: object?.content?.toString() ?? null,
    reply: object?.replyTargetId?.href ?? null,
    inner: object?.objectId?.href ?? null,
    to: activity.toIds.map((each) => each.href),
    tags,
  };
}

// An object of ours at an address of its own.
function keep(ctx, place, values) {
  const id = new URL(`/${place}/${crypto.randomUUID()}`, base);
  const object = new kinds[place]({ id, attribution: ctx.getActorUri(me.identifier), ...values });
  kept.set(id.pathname, object);
  return object;
}

function change(id, values) {
  const { pathname } = new URL(id);
  kept.set(pathname, kept.get(pathname).clone(values));
  return kept.get(pathname);
}

const create = (ctx, object, recipient) =>
  send(ctx, new vocab.Create({ object, tos: object.toIds, ccs: object.ccIds }), recipient);

// An id and a sender for the activity, and off it goes, to the person and all followers or to one of them.
async function send(ctx, activity, recipients) {
  const whole = activity.clone({
    id: activity.id ?? new URL(`/activities/${crypto.randomUUID()}`, base),
    actor: ctx.getActorUri(me.identifier),
  });
  await ctx.sendActivity(me, recipients, whole, { preferSharedInbox: true });
  return whole;
}

const done = new Map(); // what may be undone, by `VERB OBJECT`
const verbs = {
  // Tells how it signed for this origin, as the other side took that; signs and wants it so from now on.
  async sign(_, { origin, scheme }) {
    const known = await kv.get(["signs", origin]);
    await kv.set(["signs", origin], scheme);
    wants = scheme;
    return known ?? null;
  },
  // Reads what is at an address: the class that Fedify makes of it, and what it cannot understand.
  async read(ctx, { url }) {
    const { document } = await (await ctx.getDocumentLoader(me))(url);
    const object = await vocab.Object.fromJsonLd(document, { contextLoader });
    return { kind: object.constructor.name, document, lost: await lost(document) };
  },
  async follow(ctx, { handle }) {
    const actor = await find(ctx, handle);
    // Kept, as Fedify reads anew what an answer of another host embeds.
    const follow = keep(ctx, "follows", { actor: ctx.getActorUri(me.identifier), object: actor.id, to: actor.id });
    await send(ctx, follow, actor);
    done.set(`follow ${handle}`, [follow, actor]);
    return actor.id.href;
  },
  async post(ctx, { text, mention, reply, quote, alone }) {
    const person = await find(ctx, mention);
    const note = keep(ctx, "notes", {
      content: `<p>${text}</p>`,
      published: Temporal.Now.instant(),
      replyTarget: reply ? new URL(reply) : null,
      quote: quote ? new URL(quote) : null,
      interactionPolicy: new vocab.InteractionPolicy({
        canQuote: new vocab.InteractionRule({ automaticApproval: vocab.PUBLIC_COLLECTION }),
      }),
      tos: alone ? [person.id] : [vocab.PUBLIC_COLLECTION],
      ccs: alone ? [] : [ctx.getFollowersUri(me.identifier), person.id],
      tags: [new vocab.Mention({ href: person.id, name: mention })],
    });
    if (quote) await send(ctx, new vocab.QuoteRequest({ object: note.quoteId, instrument: note }), person);
    else await create(ctx, note, person);
    return note.id.href;
  },
  // A note whose author waited for leave to quote.
  async publish(ctx, { id, authorization, mention }) {
    const note = change(id, { quoteAuthorization: new URL(authorization) });
    await create(ctx, note, await find(ctx, mention));
  },
  async ask(ctx, { text, options, mention }) {
    const person = await find(ctx, mention);
    const none = new vocab.Collection({ totalItems: 0 });
    const question = keep(ctx, "polls", {
      content: text,
      published: Temporal.Now.instant(),
      endTime: Temporal.Now.instant().add({ hours: 1 }),
      exclusiveOptions: options.map((each) => new vocab.Note({ name: each, replies: none })),
      voters: 0,
      to: vocab.PUBLIC_COLLECTION,
      ccs: [ctx.getFollowersUri(me.identifier), person.id],
    });
    await create(ctx, question, person);
    return question.id.href;
  },
  async vote(ctx, { id, choice }) {
    const author = await authorOf(ctx, id);
    const note = keep(ctx, "notes", { name: choice, replyTarget: new URL(id), to: author.id });
    await create(ctx, note, author);
  },
  async react(ctx, { id, emoji }) {
    const author = await authorOf(ctx, id);
    await send(ctx, new vocab.EmojiReact({ object: new URL(id), content: emoji }), author);
  },
  async edit(ctx, { id, text, mention }) {
    const note = change(id, { content: `<p>${text}</p>`, updated: Temporal.Now.instant() });
    const update = new vocab.Update({ object: note, tos: note.toIds, ccs: note.ccIds });
    await send(ctx, update, await find(ctx, mention));
  },
  async remove(ctx, { id, mention }) {
    kept.delete(new URL(id).pathname);
    const object = new vocab.Tombstone({ id: new URL(id) });
    await send(ctx, new vocab.Delete({ object, to: vocab.PUBLIC_COLLECTION }), await find(ctx, mention));
  },
  async like(ctx, { id }) {
    const author = await authorOf(ctx, id);
    done.set(`like ${id}`, [await send(ctx, new vocab.Like({ object: new URL(id) }), author), author]);
  },
  async boost(ctx, { id }) {
    const author = await authorOf(ctx, id);
    const announce = new vocab.Announce({
      object: new URL(id),
      published: Temporal.Now.instant(),
      to: vocab.PUBLIC_COLLECTION,
      ccs: [ctx.getFollowersUri(me.identifier), author.id],
    });
    done.set(`boost ${id}`, [await send(ctx, announce, author), author]);
  },
  async undo(ctx, { what }) {
    const [object, recipient] = done.get(what);
    await send(ctx, new vocab.Undo({ object }), recipient);
  },
  async rename(ctx, { name: given }) {
    name = given;
    const object = await federation.createContext(new Request(base), null).getActor(me.identifier);
    await send(ctx, new vocab.Update({ object, to: vocab.PUBLIC_COLLECTION }), [...followers.values()]);
  },
};

async function find(ctx, what) {
  const documentLoader = await ctx.getDocumentLoader(me);
  const found = await ctx.lookupObject(what, { documentLoader });
  if (found === null) throw new Error(`${what} was not found`);
  return found;
}

async function authorOf(ctx, id) {
  const post = await find(ctx, id);
  return find(ctx, post.attributionId.href);
}

const contextLoader = getDocumentLoader(); // knows what Fedify brings along; asks nobody in tests
const known = new Map();
const keyCache = {
  get: async (id) => known.get(id.href),
  set: async (id, key) => void known.set(id.href, key),
};

async function check(request, text) {
  const documentLoader = await federation.createContext(base, null).getDocumentLoader(me);
  const options = { documentLoader, contextLoader, keyCache };
  const document = JSON.parse(text);
  const wrong = await lost(document);
  if ((await verifyRequest(request, options)) === null) wrong.push("the HTTP signature");
  if ((await verifyObject(vocab.Activity, document, options).catch(() => null)) === null) wrong.push("the proof");
  return { document, wrong, scheme: request.headers.has("signature-input") ? "rfc9421" : "cavage" };
}

// The names that no context of the document explains. ActivityStreams gives them names of blank nodes.
async function lost(document) {
  const whole = await jsonld.expand(document, { documentLoader: contextLoader, safe: true }).catch(String);
  if (typeof whole === "string") return [whole];
  const found = JSON.stringify(whole).matchAll(/"_:([^"]*)":/g);
  return [...new Set([...found].map((each) => each[1]))].sort();
}

async function body(incoming) {
  const parts = [];
  for await (const part of incoming) parts.push(part);
  return Buffer.concat(parts);
}

const ours = { cert: readFileSync(CERT), key: readFileSync(KEY) };
const server = https.createServer(ours, async (incoming, outgoing) => {
  const posted = incoming.method === "POST";
  const sent = posted ? await body(incoming) : undefined;
  const init = { method: incoming.method, headers: incoming.headers, body: sent };
  const request = new Request(new URL(incoming.url, base), init);
  const entry = {};
  const copy = posted ? request.clone() : null;
  const answer = await federation.fetch(request, { contextData: entry });
  if (posted) {
    const facts = await check(copy, sent.toString());
    heard.push({ status: answer.status, ...facts, ...entry });
  }
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
});

const control = http.createServer(async (incoming, outgoing) => {
  try {
    let result = heard;
    if (incoming.method === "POST") {
      const verb = verbs[incoming.url.slice(1)];
      result = await verb(federation.createContext(base, {}), JSON.parse(await body(incoming)));
    }
    outgoing.end(JSON.stringify(result ?? null));
  } catch (error) {
    outgoing.writeHead(500).end(String(error.stack));
  }
});

const listening = (each) => new Promise((ready) => each.listen(0, "127.0.0.1", () => ready(each.address().port)));
ports[HOST] = await listening(server);
console.log(JSON.stringify({ port: ports[HOST], control: await listening(control) }));
