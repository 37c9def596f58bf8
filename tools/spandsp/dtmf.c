/* What spandsp's DTMF receiver costs: hears a recording (8 kHz, 16 bit, raw) in packets of 20 ms, and prints the CPU
 * time in µs per second of audio, and the digits. gcc -O2 dtmf.c -lspandsp */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <spandsp.h>

enum { PACKET = 160, RATE = 8000 };

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: %s RECORDING\n", argv[0]);
        return 2;
    }
    fseek(file, 0, SEEK_END);
    size_t samples = ftell(file) / sizeof(int16_t);
    rewind(file);
    int16_t *pcm = malloc(samples * sizeof *pcm);
    if (pcm == NULL || fread(pcm, sizeof *pcm, samples, file) != samples) {
        perror(argv[1]);
        return 1;
    }
    dtmf_rx_state_t *receiver = dtmf_rx_init(NULL, NULL, NULL);
    char digits[129];
    size_t heard = 0;
    double begin = cpu();
    for (size_t at = 0; at + PACKET <= samples; at += PACKET) {
        dtmf_rx(receiver, pcm + at, PACKET);
        heard += dtmf_rx_get(receiver, digits, 128);
    }
    printf("%.3f %zu\n", (cpu() - begin) / ((double)samples / RATE), heard);
    return 0;
}
