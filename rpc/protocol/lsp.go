package protocol

import "encoding/json"

// Names of the LSP 3.17 methods that hotdev speaks.
const (
	MethodInitialize            = "initialize"                      // request: InitializeParams → InitializeResult
	MethodInitialized           = "initialized"                     // notification: {}
	MethodShutdownSession       = "shutdown"                        // request: → null; ends this client's session, not the daemon
	MethodExit                  = "exit"                            // notification
	MethodCancelRequest         = "$/cancelRequest"                 // notification: {id}
	MethodProgress              = "$/progress"                      // notification: ProgressParams
	MethodProgressCreate        = "window/workDoneProgress/create"  // request of the server: ProgressCreateParams → null
	MethodDidOpen               = "textDocument/didOpen"            // notification: DidOpenParams
	MethodDidChange             = "textDocument/didChange"          // notification: DidChangeParams
	MethodDidSave               = "textDocument/didSave"            // notification: DidSaveParams
	MethodDidClose              = "textDocument/didClose"           // notification: DidCloseParams
	MethodPublishDiagnostics    = "textDocument/publishDiagnostics" // notification: PublishDiagnosticsParams
	MethodCodeLens              = "textDocument/codeLens"           // request: CodeLensParams → []CodeLens
	MethodCodeAction            = "textDocument/codeAction"         // request: CodeActionParams → []CodeAction
	MethodDidChangeWatchedFiles = "workspace/didChangeWatchedFiles" // notification: DidChangeWatchedFilesParams
	MethodExecuteCommand        = "workspace/executeCommand"        // request: ExecuteCommandParams → the command's result
	MethodShowMessage           = "window/showMessage"              // notification: MessageParams
	MethodLogMessage            = "window/logMessage"               // notification: MessageParams
	MethodShowDocument          = "window/showDocument"             // request of the server: ShowDocumentParams → ShowDocumentResult
)

// Position is a place in a document; lines and UTF-16 code units count from 0.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// Range is the half-open span from Start to End.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Location is a range in a document.
type Location struct {
	URI   string `json:"uri"`
	Range Range  `json:"range"`
}

// TextDocument identifies a document.
type TextDocument struct {
	URI string `json:"uri"`
}

// Program names a client or a server.
type Program struct {
	Name    string `json:"name"`
	Version string `json:"version,omitzero"`
}

// WorkspaceFolder is one root directory that the client has open.
type WorkspaceFolder struct {
	URI  string `json:"uri"`
	Name string `json:"name"`
}

// InitializeParams is the first message of every client.
type InitializeParams struct {
	ProcessID             *int               `json:"processId"` // null: nobody's child
	ClientInfo            *Program           `json:"clientInfo,omitzero"`
	RootPath              *string            `json:"rootPath,omitzero"`
	RootURI               *string            `json:"rootUri"`
	WorkspaceFolders      []WorkspaceFolder  `json:"workspaceFolders,omitzero"`
	Capabilities          ClientCapabilities `json:"capabilities"`
	InitializationOptions json.RawMessage    `json:"initializationOptions,omitzero"` // InitializationOptions, as far as it concerns hotdev
}

// InitializationOptions is what hotdev reads of the options that a client is
// configured to send.
type InitializationOptions struct {
	Hotdev struct {
		Token string `json:"token,omitzero"` // required on TCP: the content of the daemon's token file
	} `json:"hotdev,omitzero"`
}

// ClientCapabilities is what hotdev reads of a client's capabilities.
type ClientCapabilities struct {
	Window       WindowCapabilities       `json:"window,omitzero"`
	TextDocument TextDocumentCapabilities `json:"textDocument,omitzero"`
	Experimental json.RawMessage          `json:"experimental,omitzero"` // ClientExperimental, as far as it concerns hotdev
}

// WindowCapabilities is the window part of ClientCapabilities.
type WindowCapabilities struct {
	WorkDoneProgress bool `json:"workDoneProgress,omitzero"`
	ShowDocument     struct {
		Support bool `json:"support"`
	} `json:"showDocument,omitzero"`
}

// TextDocumentCapabilities is the document part of ClientCapabilities.
type TextDocumentCapabilities struct {
	PublishDiagnostics struct {
		RelatedInformation bool `json:"relatedInformation,omitzero"`
	} `json:"publishDiagnostics,omitzero"`
	CodeAction struct {
		LiteralSupport *CodeActionLiteralSupport `json:"codeActionLiteralSupport,omitzero"` // without it only Commands may be answered
	} `json:"codeAction,omitzero"`
}

// CodeActionLiteralSupport lists the kinds that a client can show.
type CodeActionLiteralSupport struct {
	CodeActionKind struct {
		ValueSet []string `json:"valueSet"`
	} `json:"codeActionKind"`
}

// ClientExperimental is hotdev's part of the client's experimental
// capabilities: "hotdev": true is short for {"events": true}.
type ClientExperimental struct {
	Hotdev HotdevClient `json:"hotdev"`
}

// HotdevClient says that a client knows the hotdev/* methods. Such a client
// gets no window/* messages that stand in for them.
type HotdevClient struct {
	Aware  bool `json:"-"`
	Events bool `json:"events"` // hotdev/* notifications from the start, without hotdev/subscribe
}

// UnmarshalJSON accepts a boolean or an object.
func (h *HotdevClient) UnmarshalJSON(data []byte) error {
	var on bool
	if json.Unmarshal(data, &on) == nil {
		*h = HotdevClient{Aware: on, Events: on}
		return nil
	}
	type plain HotdevClient
	if err := json.Unmarshal(data, (*plain)(h)); err != nil {
		return err
	}
	h.Aware = true
	return nil
}

// InitializeResult is the answer to initialize.
type InitializeResult struct {
	Capabilities ServerCapabilities `json:"capabilities"`
	ServerInfo   Program            `json:"serverInfo"`
}

// ServerCapabilities is what the server offers.
type ServerCapabilities struct {
	PositionEncoding       string             `json:"positionEncoding"`
	TextDocumentSync       SyncOptions        `json:"textDocumentSync"`
	CodeLensProvider       CodeLensOptions    `json:"codeLensProvider"`
	CodeActionProvider     CodeActionOptions  `json:"codeActionProvider"`
	ExecuteCommandProvider CommandOptions     `json:"executeCommandProvider"`
	Experimental           ServerExperimental `json:"experimental"`
}

// SyncOptions says which document events the server wants.
type SyncOptions struct {
	OpenClose bool        `json:"openClose"`
	Change    SyncKind    `json:"change"`
	Save      SaveOptions `json:"save"`
}

// SyncKind is how a client tells of changes (TextDocumentSyncKind).
type SyncKind int

// SyncFull has clients send the whole text of a document that changed. It asks
// least of them, and no one can get out of step.
const SyncFull SyncKind = 1

// SaveOptions asks for textDocument/didSave.
type SaveOptions struct {
	IncludeText bool `json:"includeText"`
}

// CodeLensOptions offers textDocument/codeLens.
type CodeLensOptions struct{}

// CodeActionOptions offers textDocument/codeAction.
type CodeActionOptions struct {
	CodeActionKinds []string `json:"codeActionKinds"`
}

// CommandOptions lists the commands of workspace/executeCommand.
type CommandOptions struct {
	Commands []string `json:"commands"`
}

// ServerExperimental is the server's experimental capabilities.
type ServerExperimental struct {
	Hotdev HotdevServer `json:"hotdev"`
}

// HotdevServer identifies the daemon.
type HotdevServer struct {
	Protocol  int    `json:"protocol"`  // ProtocolVersion of the daemon
	BuildID   string `json:"buildID"`   // of the hotdev binary
	PID       int    `json:"pid"`       // of the daemon
	Workspace string `json:"workspace"` // its root directory
}

// ProtocolVersion rises whenever hotdev/* messages change in a way that a
// client of the older version can't live with.
const ProtocolVersion = 1

// DidOpenParams tells of a document that was opened.
type DidOpenParams struct {
	TextDocument TextDocumentItem `json:"textDocument"`
}

// TextDocumentItem is a document with its text.
type TextDocumentItem struct {
	URI        string `json:"uri"`
	LanguageID string `json:"languageId"`
	Version    int    `json:"version"`
	Text       string `json:"text"`
}

// DidChangeParams tells of a document that was changed and not saved.
type DidChangeParams struct {
	TextDocument   VersionedTextDocument `json:"textDocument"`
	ContentChanges []ContentChange       `json:"contentChanges"` // the last one's text is what it holds now
}

// VersionedTextDocument identifies a version of a document.
type VersionedTextDocument struct {
	URI     string `json:"uri"`
	Version int    `json:"version"`
}

// ContentChange is one change of a document.
type ContentChange struct {
	Range *Range `json:"range,omitzero"` // nil: all of it
	Text  string `json:"text"`
}

// DidSaveParams tells of a document that was written to disk.
type DidSaveParams struct {
	TextDocument TextDocument `json:"textDocument"`
}

// DidCloseParams tells of a document that was closed.
type DidCloseParams struct {
	TextDocument TextDocument `json:"textDocument"`
}

// DidChangeWatchedFilesParams tells of files that changed on disk.
type DidChangeWatchedFilesParams struct {
	Changes []FileEvent `json:"changes"`
}

// FileEvent is one changed file.
type FileEvent struct {
	URI  string `json:"uri"`
	Type int    `json:"type"` // 1 created, 2 changed, 3 deleted
}

// PublishDiagnosticsParams is everything that is known of one file; an empty
// list clears it. There is no version: the findings are about the saved file.
type PublishDiagnosticsParams struct {
	URI         string          `json:"uri"`
	Diagnostics []LSPDiagnostic `json:"diagnostics"`
}

// LSPDiagnostic is one finding as LSP has it.
type LSPDiagnostic struct {
	Range              Range         `json:"range"`
	Severity           int           `json:"severity"` // 1 error, 2 warning, 3 information, 4 hint
	Code               string        `json:"code,omitzero"`
	Source             string        `json:"source"` // "hotdev"
	Message            string        `json:"message"`
	RelatedInformation []RelatedInfo `json:"relatedInformation,omitzero"`
}

// RelatedInfo is a further place that explains an LSPDiagnostic.
type RelatedInfo struct {
	Location Location `json:"location"`
	Message  string   `json:"message"`
}

// CodeLensParams asks for a document's lenses.
type CodeLensParams struct {
	TextDocument TextDocument `json:"textDocument"`
}

// CodeLens is a command shown above a line.
type CodeLens struct {
	Range   Range   `json:"range"`
	Command Command `json:"command"`
}

// Command is a workspace/executeCommand with a title.
type Command struct {
	Title     string `json:"title"`
	Command   string `json:"command"`
	Arguments []any  `json:"arguments,omitzero"`
}

// CodeActionParams asks what can be done about a range.
type CodeActionParams struct {
	TextDocument TextDocument      `json:"textDocument"`
	Range        Range             `json:"range"`
	Context      CodeActionContext `json:"context"`
}

// CodeActionContext narrows the wanted actions.
type CodeActionContext struct {
	Diagnostics []LSPDiagnostic `json:"diagnostics"`
	Only        []string        `json:"only,omitzero"` // kinds; absent: all
}

// QuickFix is the kind of code action that hotdev offers.
const QuickFix = "quickfix"

// CodeAction mends a diagnostic.
type CodeAction struct {
	Title       string          `json:"title"`
	Kind        string          `json:"kind"`
	Diagnostics []LSPDiagnostic `json:"diagnostics"`
	Command     Command         `json:"command"`
}

// ExecuteCommandParams runs a command; the only argument is the object that the
// hotdev/* request of the same name takes.
type ExecuteCommandParams struct {
	Command   string            `json:"command"`
	Arguments []json.RawMessage `json:"arguments,omitzero"`
}

// MessageType ranks a MessageParams.
type MessageType int

// The message types of LSP.
const (
	MessageError   MessageType = 1
	MessageWarning MessageType = 2
	MessageInfo    MessageType = 3
	MessageLog     MessageType = 4
)

// MessageParams is a text for people.
type MessageParams struct {
	Type    MessageType `json:"type"`
	Message string      `json:"message"`
}

// ShowDocumentParams asks the client to open a document.
type ShowDocumentParams struct {
	URI       string `json:"uri"`
	TakeFocus bool   `json:"takeFocus,omitzero"`
	Selection *Range `json:"selection,omitzero"` // nil: wherever the cursor is
}

// ShowDocumentResult says whether the document is shown.
type ShowDocumentResult struct {
	Success bool `json:"success"`
}

// ProgressCreateParams announces a progress token.
type ProgressCreateParams struct {
	Token string `json:"token"`
}

// ProgressParams is one step of a progress.
type ProgressParams struct {
	Token string        `json:"token"`
	Value ProgressValue `json:"value"`
}

// ProgressValue is a WorkDoneProgressBegin, Report or End of LSP.
type ProgressValue struct {
	Kind    string `json:"kind"` // begin, report, end
	Title   string `json:"title,omitzero"`
	Message string `json:"message,omitzero"`
}
