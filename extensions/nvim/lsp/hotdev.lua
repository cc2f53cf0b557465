-- For vim.lsp.enable('hotdev') and vim.lsp.config('hotdev', …), Neovim 0.11 and newer.
return require('hotdev.lsp').config()
