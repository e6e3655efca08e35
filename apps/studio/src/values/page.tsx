export default function ValuesPage(_: { query: URLSearchParams }) {
  return <h1>Values</h1>;
}
