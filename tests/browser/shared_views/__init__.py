"""The shared session in two browsers, without a kernel: changes on one page appear on the other."""
