/** WebSocket server and client: see ws.d.ts. */

export { CloseEvent, MessageEvent, WebSocket } from 'wqjs:internal/globals/websocket';
export { upgrade, WebSocketServer } from 'wqjs:internal/ws/server';
export { ServerSocket } from 'wqjs:internal/ws/socket';
