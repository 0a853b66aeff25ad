/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/memory.h"

#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>
#include <nettle/version.h>

/* One read: large enough that the latency of a network file system does not count. */
enum { CHUNK_SIZE = 1 << 20 };

typedef union Context {
  struct md5_ctx md5;
  struct sha256_ctx sha256;
} Context;

static const struct nettle_hash *hash_of(NodalDigest digest) {
  return digest == NODAL_DIGEST_MD5 ? &nettle_md5 : &nettle_sha256;
}

const char *nodal_digest_name(NodalDigest digest) {
  return hash_of(digest)->name;
}

size_t nodal_digest_length(NodalDigest digest) {
  return 2 * (size_t)hash_of(digest)->digest_size;
}

static bool digest_all(NodalSource *source, const struct nettle_hash *hash, Context *context, uint8_t *chunk,
                       const NodalProgress *progress, NodalError **error) {
  uint64_t size = nodal_source_size(source);
  hash->init(context);
  for (uint64_t done = 0; done < size;) {
    size_t got;
    if (!nodal_source_read_some(source, chunk, CHUNK_SIZE, done, &got, error)) {
      return false;
    }
    hash->update(context, got, chunk);
    done += got;
    if (progress && !progress->report(progress->user, done, size)) {
      return nodal_fail(error, NODAL_ERROR_CANCELLED, "cancelled");
    }
  }
  return true;
}

bool nodal_digest_source(NodalSource *source, NodalDigest digest, const NodalProgress *progress,
                         char text[NODAL_DIGEST_TEXT], NodalError **error) {
  static const char digits[] = "0123456789abcdef";
  const struct nettle_hash *hash = hash_of(digest);
  Context context;
  uint8_t *chunk = nodal_alloc(CHUNK_SIZE, error);
  bool done = chunk && digest_all(source, hash, &context, chunk, progress, error);
  free(chunk);
  if (!done) {
    return false;
  }
  uint8_t bytes[SHA256_DIGEST_SIZE];
  hash->digest(&context, hash->digest_size, bytes);
  for (size_t i = 0; i < hash->digest_size; i++) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  text[nodal_digest_length(digest)] = '\0';
  return true;
}

#define TEXT(number) #number
#define EXPANDED(number) TEXT(number)

const char *nodal_digest_library(int index, const char **version) {
  *version = EXPANDED(NETTLE_VERSION_MAJOR) "." EXPANDED(NETTLE_VERSION_MINOR);
  return index == 0 ? "nettle" : NULL;
}
