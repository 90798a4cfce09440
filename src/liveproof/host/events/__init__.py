"""What changes in files, told by the kernel when it happens, with the process that did it where that can be proven."""
