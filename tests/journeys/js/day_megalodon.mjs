// A day with megalodon: BASE, TOKEN, OTHER (a handle of another member) and PICTURE come by environment.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import megalodon from "megalodon";

const { detector, default: generator } = megalodon;
const { BASE, TOKEN, OTHER, PICTURE } = process.env;
const kind = await detector(BASE);
assert.equal(kind, "mastodon", "known by what NodeInfo says");
const api = (generator ?? megalodon)(kind, BASE, TOKEN);

const { data: me } = await api.verifyAccountCredentials();
assert.ok(me.id);
const { data: instance } = await api.getInstance();
assert.ok(instance.urls.streaming_api);

const stream = await api.userStreaming();
const heard = new Promise((resolve, reject) => {
  stream.on("update", resolve);
  stream.on("error", reject);
});
await new Promise((resolve) => stream.on("connect", resolve));

const { data: media } = await api.uploadMedia(createReadStream(PICTURE), { description: "A small picture" });
assert.ok(media.id);
const { data: post } = await api.postStatus("Written by megalodon #mega", { media_ids: [media.id], visibility: "public" });
assert.equal((await heard).id, post.id);
const { data: polled } = await api.postStatus("Tea or coffee?", {
  poll: { options: ["Tea", "Coffee"], expires_in: 3600 },
});
assert.equal(polled.poll.options.length, 2);
const { data: reply } = await api.postStatus("And more", { in_reply_to_id: post.id });
assert.equal((await api.getStatusContext(post.id)).data.descendants[0].id, reply.id);
assert.ok((await api.editStatus(post.id, { status: "Changed by megalodon", media_ids: [media.id] })).data.content.includes("Changed"));
for (const verb of ["favouriteStatus", "unfavouriteStatus", "reblogStatus", "unreblogStatus", "bookmarkStatus", "unbookmarkStatus", "pinStatus", "unpinStatus"]) {
  assert.ok((await api[verb](post.id)).data.id, verb);
}
const { data: found } = await api.search(OTHER, { type: "accounts", resolve: true });
const other = found.accounts[0];
assert.equal(other.acct, OTHER);
assert.ok((await api.followAccount(other.id)).data.following);
assert.equal((await api.getRelationships([other.id])).data[0].following, true);
await api.getAccountStatuses(other.id);
const { data: list } = await api.createList("Shelf");
await api.addAccountsToList(list.id, [other.id]);
assert.equal((await api.getAccountsInList(list.id)).data.length, 1);
await api.getListTimeline(list.id);
await api.deleteList(list.id);
const { data: filter } = await api.createFilter("tea", ["home"]);
assert.equal(filter.phrase, "tea");
assert.ok((await api.getFilters()).data.some((each) => each.id === filter.id));
await api.deleteFilter(filter.id);
assert.ok((await api.getHomeTimeline({ limit: 2 })).data.length === 2);
await api.getLocalTimeline();
await api.getPublicTimeline();
await api.getTagTimeline("mega");
await api.getNotifications();
await api.getConversationTimeline();
await api.getBookmarks();
await api.getFavourites();
await api.updateCredentials({ note: "Written by megalodon" });
await api.getInstanceCustomEmojis();
await api.deleteStatus(post.id);
await assert.rejects(api.getStatus(post.id));
stream.stop();
console.log("megalodon: done");
process.exit(0);
