"""Any GGUF model in process, by llama.cpp: `gguf:FILE_OR_REPO[+MMPROJ]`."""
