// Sends two buffers in one overlapped call, and waits for its event: client.js ADDRESS:PORT

import { getArguments } from "wasi:cli/environment@0.2.0";
import { WsabufArray } from "winsock:spi/memory@0.2.0";
import * as winsock from "winsock:spi/provider@0.2.0";

export const run = {
  run() {
    winsock.wspStartup(0x0202);
    const peer = winsock.wspStringToAddress("inet", getArguments()[1]);
    const socket = winsock.wspSocket("inet", "stream", { overlapped: true });
    winsock.wspConnect(socket, peer);
    const bytes = new TextEncoder();
    const buffers = new WsabufArray([bytes.encode("hello, "), bytes.encode("winsock\n")]);
    const event = new winsock.Event();
    const overlapped = new winsock.Overlapped(event);
    winsock.wspSend(socket, buffers, {}, overlapped, undefined);
    winsock.waitForEvents([event], true, undefined, undefined);
    const sent = winsock.wspGetOverlappedResult(socket, overlapped, false);
    console.log(`${sent.bytes} bytes`);
    winsock.wspCloseSocket(socket);
    winsock.wspCleanup();
  },
};
