// The client library of VS Code on `hotdev lsp`: writes every state that the
// daemon tells as a line "STATE REV". Arguments: the folder of the library, the
// program, the workspace. Ends with its standard input.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [library, program, workspace] = process.argv.slice(2)
const { createProtocolConnection, StreamMessageReader, StreamMessageWriter } = createRequire(library + '/')('vscode-languageserver-protocol/node')

const server = spawn(program, ['lsp'], { cwd: workspace, stdio: ['pipe', 'pipe', 'inherit'] })
const connection = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin))
connection.onNotification('hotdev/status', status => console.log(status.state, status.rev))
connection.listen()
await connection.sendRequest('initialize', {
  processId: process.pid,
  rootUri: pathToFileURL(workspace).href,
  capabilities: { experimental: { hotdev: true } },
})
await connection.sendNotification('initialized', {})
process.stdin.on('end', async () => {
  await connection.sendRequest('shutdown')
  await connection.sendNotification('exit')
  connection.dispose()
}).resume()
