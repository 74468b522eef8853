// A day with masto.js: BASE, TOKEN, OTHER (a handle of another member) and PICTURE come by environment.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRestAPIClient, createStreamingAPIClient } from "masto";
import WebSocket from "ws";

const { BASE, TOKEN, OTHER, PICTURE } = process.env;
const api = createRestAPIClient({ url: BASE, accessToken: TOKEN });

const me = await api.v1.accounts.verifyCredentials();
assert.ok(me.id && me.source);
const instance = await api.v2.instance.fetch();
assert.ok(instance.configuration.statuses.maxCharacters > 0);
await api.v1.preferences.fetch();
await api.v1.customEmojis.list();
await api.v1.announcements.list();
await api.v1.followedTags.list();

// A stream that hears what is written below.
const socket = createStreamingAPIClient({
  streamingApiUrl: instance.configuration.urls.streaming,
  accessToken: TOKEN,
  implementation: WebSocket,
});
const kinds = new Set();
let wake = () => {};
(async () => {
  for await (const event of socket.user.subscribe()) {
    kinds.add(event.event);
    wake();
  }
})();
// Nothing tells when the subscription stands: write until it is heard.
for (let tries = 0; !kinds.has("update") && tries < 40; tries++) {
  await api.v1.statuses.create({ status: `Is anybody there? ${tries}`, visibility: "private" });
  await Promise.race([new Promise((heard) => (wake = heard)), new Promise((late) => setTimeout(late, 250))]);
}
assert.ok(kinds.has("update"), "the stream tells of posts");

const file = new Blob([await readFile(PICTURE)], { type: "image/png" });
const media = await api.v2.media.create({ file, description: "A small picture", focus: "0.1,0.2" });
assert.equal(media.description, "A small picture");
const post = await api.v1.statuses.create(
  { status: "Written by masto.js #masto", mediaIds: [media.id], visibility: "public", language: "en" },
  { requestInit: { headers: { "Idempotency-Key": "once" } } },
);
const again = await api.v1.statuses.create(
  { status: "Written by masto.js #masto", mediaIds: [media.id], visibility: "public" },
  { requestInit: { headers: { "Idempotency-Key": "once" } } },
);
assert.equal(post.id, again.id);
assert.equal(post.mediaAttachments[0].description, "A small picture");
const polled = await api.v1.statuses.create({
  status: "Tea or coffee?",
  poll: { options: ["Tea", "Coffee"], expiresIn: 3600 },
});
assert.equal(polled.poll.options.length, 2);
const reply = await api.v1.statuses.create({ status: "And more", inReplyToId: post.id });
const context = await api.v1.statuses.$select(post.id).context.fetch();
assert.deepEqual(context.descendants.map((each) => each.id), [reply.id]);
const source = await api.v1.statuses.$select(post.id).source.fetch();
assert.equal(source.text, "Written by masto.js #masto");
const edited = await api.v1.statuses.$select(post.id).update({
  status: "Changed by masto.js #masto",
  mediaIds: [media.id],
});
assert.ok(edited.editedAt && edited.content.includes("Changed"));
assert.equal((await api.v1.statuses.$select(post.id).history.list()).length, 2);

for (const verb of ["favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark", "pin", "unpin"]) {
  assert.ok((await api.v1.statuses.$select(post.id)[verb]()).id, verb);
}
const found = await api.v2.search.list({ q: `@${OTHER}`, resolve: true, limit: 5 });
const other = found.accounts[0];
assert.equal(other.acct, OTHER);
assert.ok((await api.v1.accounts.$select(other.id).follow()).following);
assert.equal((await api.v1.accounts.relationships.fetch({ id: [other.id] }))[0].following, true);
await api.v1.accounts.$select(other.id).statuses.list({ limit: 5 });
await api.v1.accounts.familiarFollowers.fetch({ id: [other.id] });

const list = await api.v1.lists.create({ title: "Shelf" });
await api.v1.lists.$select(list.id).accounts.create({ accountIds: [other.id] });
assert.equal((await api.v1.lists.$select(list.id).accounts.list()).length, 1);
await api.v1.timelines.list.$select(list.id).list();
await api.v1.lists.$select(list.id).accounts.remove({ accountIds: [other.id] });
await api.v1.lists.$select(list.id).remove();

const filter = await api.v2.filters.create({
  title: "No tea",
  context: ["home"],
  filterAction: "warn",
  keywordsAttributes: [{ keyword: "tea", wholeWord: "true" }],
});
assert.equal(filter.keywords[0].keyword, "tea");
assert.ok((await api.v2.filters.list()).some((each) => each.id === filter.id));
await api.v2.filters.$select(filter.id).remove();

const home = await api.v1.timelines.home.list({ limit: 2 });
assert.equal(home.length, 2);
let pages = 0;
for await (const page of api.v1.timelines.home.list({ limit: 1 })) {
  assert.ok(page.length <= 1);
  if (++pages === 3) break;
}
assert.equal(pages, 3, "pages are followed by the Link header");
await api.v1.timelines.public.list({ local: true });
assert.ok((await api.v1.timelines.tag.$select("masto").list()).some((each) => each.id === post.id));
await api.v1.notifications.list({ limit: 5 });
await api.v1.markers.create({ home: { lastReadId: post.id } });
assert.equal((await api.v1.markers.fetch({ timeline: ["home"] })).home.lastReadId, post.id);
await api.v1.accounts.updateCredentials({ note: "Written by masto.js", fieldsAttributes: [{ name: "a", value: "b" }] });
await api.v1.conversations.list();
await api.v2.notifications.policy.fetch();

const gone = await api.v1.statuses.$select(post.id).remove();
assert.equal(gone.text, "Changed by masto.js #masto");
await assert.rejects(api.v1.statuses.$select(post.id).fetch(), { statusCode: 404 });
for (const kind of ["status.update", "delete"]) {
  if (!kinds.has(kind)) await Promise.race([new Promise((heard) => (wake = heard)), new Promise((late) => setTimeout(late, 2000))]);
  assert.ok(kinds.has(kind), `the stream tells of ${kind}`);
}
socket.close();
console.log(`masto.js: done, heard ${[...kinds].join(", ")}`);
process.exit(0);
