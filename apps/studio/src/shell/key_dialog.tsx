// Asks for a key when the server wants one.
import { useEffect, useRef, useState } from "react";
import { Button, Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from "react-aria-components";
import { on_key_needed } from "../api/client";

interface Asked {
  why: string;
  answer: (key: string | null) => void;
}

export function KeyDialog() {
  const [asked, set_asked] = useState<Asked | null>(null);
  const [key, set_key] = useState("");
  const times = useRef(0);
  useEffect(() => {
    on_key_needed(
      (why) =>
        new Promise((resolve) => {
          ++times.current;
          set_key("");
          set_asked({ why, answer: resolve });
        }),
    );
  }, []);
  const close = (answer: string | null): void => {
    asked?.answer(answer);
    set_asked(null);
  };
  return (
    <ModalOverlay className="veil" isOpen={asked !== null} onOpenChange={(open) => !open && close(null)}>
      <Modal className="modal">
        <Dialog>
          <Heading slot="title">This server wants a key</Heading>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (key.trim() !== "") close(key.trim());
            }}
          >
            <p>
              {times.current > 1 ? `The last one was refused: ${asked?.why}. ` : ""}
              <code>axia keys create NAME</code> on the server makes one and shows it once. It is kept in this tab alone and never put into a link or an export.
            </p>
            <TextField value={key} onChange={set_key} autoFocus type="password">
              <Label>Key</Label>
              <Input autoComplete="off" spellCheck="false" placeholder="axia-..." />
            </TextField>
            <p className="actions">
              <Button type="submit" className="button main" isDisabled={key.trim() === ""}>
                Use this key
              </Button>
              <Button className="button" onPress={() => close(null)}>
                Go on without
              </Button>
            </p>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
