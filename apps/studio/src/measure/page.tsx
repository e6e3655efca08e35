export default function MeasurePage(_: { query: URLSearchParams }) {
  return <h1>Measure</h1>;
}
