/* Sends the packets of a trace into an interface as fast as one core can, or at a rate, for a while; says how many.
 *   replay INTERFACE TRACE SECONDS PACKETS-PER-SECOND (0: all it can)
 * AF_PACKET, 64 packets a call, past the queueing discipline: a veth pair takes about 0.5 million a second. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, FRAME_MAX = 1514, FILE_HEADER = 24, RECORD_HEADER = 16 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int open_sender(const char *name)
{
    int one = 1, buffer = 8 << 20, sender = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};

    address.sll_ifindex = if_nametoindex(name);
    setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    setsockopt(sender, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    if (sender < 0 || !address.sll_ifindex || bind(sender, (void *)&address, sizeof address)) {
        perror(name);
        exit(1);
    }
    return sender;
}

static const uint8_t *map(const char *path, size_t *length)
{
    struct stat about;
    int file = open(path, O_RDONLY);
    void *bytes;

    if (file < 0 || fstat(file, &about)) {
        perror(path);
        exit(1);
    }
    *length = about.st_size;
    bytes = mmap(0, *length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (bytes == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    return bytes;
}

/* Where the next frame that fits an interface lies; at the end from the beginning again. */
static struct iovec next(const uint8_t *bytes, size_t length, size_t *at)
{
    for (;;) {
        uint32_t captured;

        if (*at + RECORD_HEADER > length) *at = FILE_HEADER;
        memcpy(&captured, bytes + *at + 8, sizeof captured);
        *at += RECORD_HEADER + captured;
        if (*at > length) {
            *at = FILE_HEADER;
            continue;
        }
        if (captured >= ETH_HLEN && captured <= FRAME_MAX)
            return (struct iovec){(void *)(bytes + *at - captured), captured};
    }
}

int main(int count, char **words)
{
    struct mmsghdr messages[BATCH];
    struct iovec frames[BATCH];
    unsigned long sent = 0, octets = 0;
    double rate, seconds, start, time;
    const uint8_t *bytes;
    size_t length, at = FILE_HEADER;
    int sender;

    if (count != 5) {
        fprintf(stderr, "replay INTERFACE TRACE SECONDS PACKETS-PER-SECOND\n");
        return 2;
    }
    sender = open_sender(words[1]);
    bytes = map(words[2], &length);
    seconds = atof(words[3]);
    rate = atof(words[4]);
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &frames[i], .msg_iovlen = 1};
    start = now();
    while ((time = now()) - start < seconds) {
        if (rate > 0 && sent > (time - start) * rate) continue;
        for (int i = 0; i < BATCH; i++) frames[i] = next(bytes, length, &at);
        for (int done = 0; done < BATCH;) {
            int taken = sendmmsg(sender, messages + done, BATCH - done, 0);

            if (taken <= 0) {
                if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) continue;
                perror("sendmmsg");
                return 1;
            }
            for (int i = 0; i < taken; i++) octets += frames[done + i].iov_len;
            done += taken;
            sent += taken;
        }
    }
    time = now() - start;
    printf("sent %lu bytes %lu seconds %.3f\n", sent, octets, time);
    return 0;
}
