/// A note in the module's file by which another process finds an object in its memory. It lies in a PT_NOTE
/// segment, so it is mapped with the program, survives stripping and --gc-sections, and keeps what it leads
/// to.
///
///     | 7 | 4 | type | "cenote\0" | 0 | object's address - this field's address |
///
/// CENOTE_ELF_NOTE(type, symbol): both are strings; the symbol is a variable of this file, as the linker
/// names it. Nothing where programs are not ELF: nobody looks into processes there.
///
/// Source  System V ABI, "Note Section".
#pragma once

#if defined(__ELF__)
#define CENOTE_ELF_NOTE(type, symbol)             \
  asm(".pushsection .note.cenote, \"a\", %note\n" \
      ".balign 4\n"                               \
      ".long 7\n"                                 \
      ".long 4\n"                                 \
      ".long " type                               \
      "\n"                                        \
      ".asciz \"cenote\"\n"                       \
      ".balign 4\n"                               \
      ".hidden " symbol                           \
      "\n"                                        \
      ".long " symbol                             \
      " - .\n"                                    \
      ".popsection\n")
#else
#define CENOTE_ELF_NOTE(type, symbol) static_assert(true)
#endif
