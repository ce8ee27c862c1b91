/*
 * The generator of lawtap's benchmarks: sends Ethernet frames out of interfaces of its own network namespace, at an even rate or as
 * fast as it can, and says how many it sent.
 *
 *   flood SECONDS RATE BYTES SIZES SEEN WAY...    sent PACKETS BYTES NANOSECONDS         (on standard output, at the end)
 *
 *   SECONDS, BYTES   it ends with the first of the two; 0: no such end
 *   RATE             frames a second, over all ways together; 0: as fast as it can
 *   SIZES            frame lengths without checksum in the order of sending, repeated: 64,64,594,...
 *   SEEN             1: captures at the interfaces that send see the frames too; 0: only those beyond, and sending is cheaper
 *   WAY              INTERFACE_INDEX,TO_MAC,FROM_MAC,TO_IPV4,FROM_IPV4; the frames take turns
 *
 * A payload is by halves text, and bytes of a seeded generator that do not repeat within 4,092 frames: a compressor with a window
 * of 64 KiB finds about half of it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAMES 4092 /* a multiple of IMIX's 12 */
#define WAYS_MAX 256
#define SIZES_MAX 64
#define FRAME_BYTES_MAX 1514
#define FRAME_BYTES_MIN 64
#define BURST 32
#define TICK_NS 500000L
#define SECOND_NS 1000000000L
#define HEAD_BYTES (14 + sizeof(struct iphdr) + sizeof(struct udphdr))

struct way {
  struct sockaddr_ll to;
  unsigned char macs[12];
  struct in_addr to_ip, from_ip;
};

static struct way ways[WAYS_MAX];
static unsigned char frames[FRAMES][FRAME_BYTES_MAX];
static int lengths[FRAMES];

static void fail(const char *what) {
  fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
  exit(1);
}

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void sleep_until(long at) {
  struct timespec t = {at / SECOND_NS, at % SECOND_NS};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void parse_way(char *text, struct way *way) {
  unsigned char *m = way->macs;
  char to[16], from[16];
  int index;
  if (sscanf(text, "%d,%hhx:%hhx:%hhx:%hhx:%hhx:%hhx,%hhx:%hhx:%hhx:%hhx:%hhx:%hhx,%15[0-9.],%15[0-9.]", &index, m, m + 1, m + 2,
          m + 3, m + 4, m + 5, m + 6, m + 7, m + 8, m + 9, m + 10, m + 11, to, from) != 15
      || inet_aton(to, &way->to_ip) == 0 || inet_aton(from, &way->from_ip) == 0) {
    fprintf(stderr, "flood: not a way: %s\n", text);
    exit(2);
  }
  way->to.sll_family = AF_PACKET;
  way->to.sll_ifindex = index;
  way->to.sll_halen = 6;
  memcpy(way->to.sll_addr, m, 6);
}

/* Of an IPv4 header (RFC 1071). */
static uint16_t checksum(const void *header) {
  const uint16_t *words = header;
  uint32_t sum = 0;
  for (size_t i = 0; i < sizeof(struct iphdr) / 2; i++) sum += words[i];
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t) ~(sum + (sum >> 16));
}

static void build(int number, int length, const struct way *way) {
  static const char text[] = "GET /orders/4711?customer=lawtap HTTP/1.1 Host: shop.example User-Agent: bench Accept: text/html ";
  static uint64_t random = 0x9e3779b97f4a7c15u;
  unsigned char *frame = frames[number];
  memcpy(frame, way->macs, 12);
  frame[12] = 0x08;
  frame[13] = 0x00;
  struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = 17};
  ip.tot_len = htons((uint16_t) (length - 14));
  ip.id = htons((uint16_t) number);
  ip.daddr = way->to_ip.s_addr;
  ip.saddr = way->from_ip.s_addr;
  ip.check = checksum(&ip);
  /* UDP without a checksum (RFC 768). */
  struct udphdr udp = {.uh_sport = htons((uint16_t) (40000 + number % 64)), .uh_dport = htons(40000)};
  udp.uh_ulen = htons((uint16_t) (length - 14 - (int) sizeof ip));
  memcpy(frame + 14, &ip, sizeof ip);
  memcpy(frame + 14 + sizeof ip, &udp, sizeof udp);
  int payload = length - (int) HEAD_BYTES;
  for (int i = 0; i < payload; i++) {
    /* xorshift64 */
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    frame[HEAD_BYTES + i] = i < payload / 2 ? (unsigned char) text[i % (sizeof text - 1)] : (unsigned char) (random >> 32);
  }
  lengths[number] = length;
}

int main(int argc, char **argv) {
  if (argc < 7 || argc - 6 > WAYS_MAX) {
    fprintf(stderr, "flood: SECONDS RATE BYTES SIZES SEEN WAY...\n");
    return 2;
  }
  double seconds = atof(argv[1]);
  double rate = atof(argv[2]);
  long bytes_max = atol(argv[3]);
  int sizes[SIZES_MAX], size_count = 0, way_count = argc - 6;
  for (char *size = strtok(argv[4], ","); size && size_count < SIZES_MAX; size = strtok(NULL, ",")) {
    sizes[size_count] = atoi(size);
    if (sizes[size_count] < FRAME_BYTES_MIN || sizes[size_count] > FRAME_BYTES_MAX) {
      fprintf(stderr, "flood: a frame has %d to %d bytes, not %s\n", FRAME_BYTES_MIN, FRAME_BYTES_MAX, size);
      return 2;
    }
    size_count++;
  }
  if (size_count == 0 || (seconds <= 0 && bytes_max <= 0)) {
    fprintf(stderr, "flood: no sizes, or no end\n");
    return 2;
  }
  for (int i = 0; i < way_count; i++) parse_way(argv[6 + i], &ways[i]);
  for (int i = 0; i < FRAMES; i++) build(i, sizes[i % size_count], &ways[i % way_count]);

  /* Protocol 0: the socket gets no copy of what the devices receive. */
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("no packet socket; is the process root?");
  int bypass = atoi(argv[5]) == 0;
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass) != 0) fail("PACKET_QDISC_BYPASS");

  struct mmsghdr messages[BURST];
  struct iovec parts[BURST];
  memset(messages, 0, sizeof messages);
  long sent = 0, sent_bytes = 0, turn = 0;
  long begin = now(), end = begin + (long) (seconds * SECOND_NS), at = begin;
  while ((seconds <= 0 || at < end) && (bytes_max <= 0 || sent_bytes < bytes_max)) {
    long due = BURST;
    if (rate > 0) {
      due = (long) ((double) (at - begin) * rate / SECOND_NS) - sent;
      if (due <= 0) {
        sleep_until(at + TICK_NS);
        at = now();
        continue;
      }
      if (due > BURST) due = BURST;
    }
    for (int i = 0; i < due; i++) {
      /* With 2 ways and 4,092 frames a frame always meets the same way; with others its addresses are put right here. */
      struct way *way = &ways[turn % way_count];
      unsigned char *frame = frames[turn % FRAMES];
      if (way_count > 1 && memcmp(frame, way->macs, 12) != 0) {
        memcpy(frame, way->macs, 12);
        struct iphdr ip;
        memcpy(&ip, frame + 14, sizeof ip);
        ip.daddr = way->to_ip.s_addr;
        ip.saddr = way->from_ip.s_addr;
        ip.check = 0;
        ip.check = checksum(&ip);
        memcpy(frame + 14, &ip, sizeof ip);
      }
      parts[i].iov_base = frame;
      parts[i].iov_len = (size_t) lengths[turn % FRAMES];
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &way->to;
      messages[i].msg_hdr.msg_namelen = sizeof way->to;
      turn++;
    }
    int done = 0;
    while (done < due) {
      int n = sendmmsg(fd, messages + done, (unsigned) (due - done), 0);
      if (n < 0) {
        if (errno == EINTR) continue;
        if (errno != ENOBUFS && errno != EAGAIN) fail("a frame was not sent");
        /* The device had no room: the frame is lost before the interface counts it. */
        done++;
        continue;
      }
      for (int i = done; i < done + n; i++) sent_bytes += (long) parts[i].iov_len;
      sent += n;
      done += n;
    }
    at = now();
  }
  printf("sent %ld %ld %ld\n", sent, sent_bytes, now() - begin);
  return 0;
}
