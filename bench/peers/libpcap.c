/* The least a program can do with a capture file: libpcap's own reader, one call a packet, counting. */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int count, char **words)
{
    char error[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *head;
    const unsigned char *bytes;
    unsigned long packets = 0, octets = 0;
    pcap_t *file;
    int answer;

    if (count != 2 || !(file = pcap_open_offline(words[1], error))) {
        fprintf(stderr, "libpcap-loop FILE: %s\n", count == 2 ? error : "one file, please");
        return 1;
    }
    while ((answer = pcap_next_ex(file, &head, &bytes)) == 1) {
        packets++;
        octets += head->len;
    }
    printf("%lu packets, %lu bytes\n", packets, octets);
    pcap_close(file);
    return answer == PCAP_ERROR_BREAK ? 0 : 1;
}
