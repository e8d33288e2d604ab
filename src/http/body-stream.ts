/** Text as a body that is made only as fast as it is read. @param end called once, however it ends */
export function streamed(
  pieces: AsyncGenerator<string, void>,
  end: () => void = () => undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { value, done } = await pieces.next()
          if (done !== true) return controller.enqueue(encoder.encode(value))
          end()
          controller.close()
        } catch (error) {
          end()
          // The connection breaks off: a report that is cut must not look whole.
          controller.error(error)
        }
      },
      cancel() {
        end()
        return void pieces.return()
      },
    },
    { highWaterMark: 0 },
  )
}
