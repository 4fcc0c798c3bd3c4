# Hashes of arrays of strings, sorting and substitution in Perl.
use strict;
use warnings;

srand(5);
my $total = 0;
for my $pass (1 .. 3) {
  my %index;
  for my $i (1 .. 120_000) {
    my $word = join '', map { chr(97 + int(rand(26))) } 1 .. 3 + int(rand(4));
    push @{ $index{ substr($word, 0, 4) } }, "$word-$i";
  }
  for my $key (sort keys %index) {
    my $line = join ',', sort @{ $index{$key} };
    $line =~ s/a(\w)/<$1>/g;
    $total += length $line;
  }
}
print "$total\n";
