/*
 * The leanest way to capture, for comparison: a TPACKET_V3 ring (packet_mmap.rst of the kernel) whose packets are each copied once and
 * thrown away.
 *
 *   ring INTERFACE_INDEX RING_BYTES
 *
 * Says "ready" when it captures; answers each line on standard input with "kept PACKETS dropped PACKETS"; ends with its input.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_BYTES (512 << 10)
#define FRAME_BYTES 2048
#define RETIRE_MS 50
#define PACKET_BYTES_MAX (256 << 10)

static unsigned char scratch[PACKET_BYTES_MAX];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "ring: INTERFACE_INDEX RING_BYTES\n");
    return 2;
  }
  unsigned blocks = (unsigned) (atol(argv[2]) / BLOCK_BYTES);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  int version = TPACKET_V3;
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) fail("PACKET_VERSION");
  struct tpacket_req3 request = {.tp_block_size = BLOCK_BYTES, .tp_block_nr = blocks, .tp_frame_size = FRAME_BYTES,
      .tp_frame_nr = BLOCK_BYTES / FRAME_BYTES * blocks, .tp_retire_blk_tov = RETIRE_MS};
  if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) fail("PACKET_RX_RING");
  unsigned char *ring = mmap(NULL, (size_t) BLOCK_BYTES * blocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (ring == MAP_FAILED) fail("mmap");
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = atoi(argv[1])};
  if (bind(fd, (struct sockaddr *) &address, sizeof address) != 0) fail("bind");
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");

  unsigned long kept = 0, dropped = 0;
  unsigned number = 0;
  struct pollfd waiting[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  for (;;) {
    struct tpacket_block_desc *block = (struct tpacket_block_desc *) (ring + (size_t) number * BLOCK_BYTES);
    while (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) {
      unsigned packets = block->hdr.bh1.num_pkts;
      unsigned char *at = (unsigned char *) block + block->hdr.bh1.offset_to_first_pkt;
      for (unsigned i = 0; i < packets; i++) {
        struct tpacket3_hdr *packet = (struct tpacket3_hdr *) at;
        unsigned length = packet->tp_snaplen < PACKET_BYTES_MAX ? packet->tp_snaplen : PACKET_BYTES_MAX;
        memcpy(scratch, at + packet->tp_mac, length);
        /* Else the compiler sees that nobody reads the copy. */
        __asm__ volatile("" : : "r"(scratch) : "memory");
        at += packet->tp_next_offset;
      }
      kept += packets;
      __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
      number = (number + 1) % blocks;
      block = (struct tpacket_block_desc *) (ring + (size_t) number * BLOCK_BYTES);
    }
    if (poll(waiting, 2, -1) < 0) continue;
    if (waiting[1].revents != 0) {
      char line[64];
      if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
      struct tpacket_stats_v3 statistics;
      socklen_t length = sizeof statistics;
      if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0) fail("PACKET_STATISTICS");
      dropped += statistics.tp_drops;
      printf("kept %lu dropped %lu\n", kept, dropped);
    }
  }
}
