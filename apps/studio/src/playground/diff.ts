// Two texts word by word: the longest common run of words stays unmarked.

export interface Piece {
  text: string;
  differs: boolean;
}

const most_words = 3000;

/// Words with the white space after them.
export function words_of(text: string): string[] {
  return text.match(/\s+|\S+\s*/g) ?? [];
}

/// `text` in pieces; what `base` does not have, in this order, differs. Very long texts are compared up to 3,000 words.
export function differing_words(base: string, text: string): Piece[] {
  const a = words_of(base).map((word) => word.trim());
  const whole = words_of(text);
  const b = whole.map((word) => word.trim());
  if (a.length > most_words || b.length > most_words) return [{ text, differs: false }];
  const wide = b.length + 1;
  const common = new Uint16Array((a.length + 1) * wide); // longest common subsequence of a[i..], b[j..]
  for (let i = a.length - 1; i >= 0; --i) {
    for (let j = b.length - 1; j >= 0; --j) {
      common[i * wide + j] =
        a[i] === b[j] ? common[(i + 1) * wide + j + 1]! + 1 : Math.max(common[(i + 1) * wide + j]!, common[i * wide + j + 1]!);
    }
  }
  const pieces: Piece[] = [];
  const add = (word: string, differs: boolean): void => {
    const last = pieces.at(-1);
    if (last?.differs === differs) {
      last.text += word;
      return;
    }
    if (last?.differs) {
      const bare = last.text.trimEnd(); // the mark ends with the word
      word = last.text.slice(bare.length) + word;
      last.text = bare;
    }
    pieces.push({ text: word, differs });
  };
  let i = 0;
  for (let j = 0; j < b.length; ) {
    if (i < a.length && a[i] === b[j]) {
      add(whole[j++]!, false);
      ++i;
    } else if (i < a.length && common[(i + 1) * wide + j]! >= common[i * wide + j + 1]!) {
      ++i;
    } else {
      add(whole[j++]!, true);
    }
  }
  return pieces;
}

/// How much of `text` differs: words, and of how many.
export function differing_count(pieces: readonly Piece[]): { differ: number; all: number } {
  let differ = 0;
  let all = 0;
  for (const piece of pieces) {
    const words = words_of(piece.text).filter((word) => word.trim() !== "").length;
    all += words;
    if (piece.differs) differ += words;
  }
  return { differ, all };
}
