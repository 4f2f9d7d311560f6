using System.Globalization;
using System.Text;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Packets;
using NetSniff.Pipeline;
using NetSniff.Protocols;

namespace NetSniff.Cli.Outputs.Summary;

/// <summary>The summary as a page of text: when, what, who, how fast, what went wrong, what was lost.</summary>
/// <param name="names">Shown in place of addresses.</param>
internal sealed class SummaryReport(OutputBuffer buffer, bool isColoured, AddressNames? names = null)
{
    private const int BarColumns = 8;
    private const double NanosPerSecond = 1e9;

    private readonly Line _line = new(isColoured);

    /// <summary>Lines of each list; what is beyond them is counted.</summary>
    public int RowsMax { get; init; } = 10;

    /// <param name="ledger">What the stages counted, over all threads.</param>
    /// <param name="balance">The capture's account in one line, or null.</param>
    public void Write(CaptureMeter meter, TrafficTally tally, IReadOnlyList<LedgerLine> ledger, string? balance = null)
    {
        WriteHead(meter, tally);
        WriteProtocols(tally);
        WriteTop("CLIENT", tally.Clients, static (left, right) => left.CompareTo(right), WriteAddress);
        WriteTop("SERVER", tally.Servers, CompareServers, WriteServer);
        WriteTop("ASKED FOR", tally.Names, string.CompareOrdinal, WriteName);
        WriteErrors(tally);
        WriteLedger(ledger, balance);
        buffer.Flush();
    }

    private void WriteHead(CaptureMeter meter, TrafficTally tally)
    {
        var hasRecords = tally.Flows + tally.Transactions > 0;
        if (meter.Packets == 0 && !hasRecords)
        {
            _line.Own("nothing was captured");
            End();
            return;
        }

        // Records that a worker kept come without their packets.
        if (meter.Packets > 0) WritePackets(meter);
        Fact("flows");
        _line.Own(Human.Count((ulong)tally.Flows));
        if (tally.FlowsReset > 0) _line.Own($"  {Human.Count((ulong)tally.FlowsReset)} reset");
        if (tally.Handshakes.Count > 0) _line.Own($"  handshake p50 {Human.Duration(tally.Handshakes.Quantile(0.5))}");
        End();
        Fact("transactions");
        _line.Own(Human.Count((ulong)tally.Transactions));
        if (tally.Partial > 0) _line.Own($"  ~{Human.Count((ulong)tally.Partial)} partial");
        if (tally.Malformed > 0) _line.Own($"  !{Human.Count((ulong)tally.Malformed)} malformed");
        End();
    }

    private void WritePackets(CaptureMeter meter)
    {
        Fact("captured");
        WriteTime(meter.FirstNanos);
        _line.Own(" to "u8);
        WriteTime(meter.LastNanos);
        var nanos = meter.LastNanos - meter.FirstNanos;
        _line.Own($"  ({Human.Duration(nanos)})");
        End();

        Fact("packets");
        _line.Own($"{Human.Count((ulong)meter.Packets)}  {Human.Size(meter.Bytes)}B");
        // Over less than a second an average says nothing that the totals do not.
        if (nanos >= NanosPerSecond)
        {
            var seconds = nanos / NanosPerSecond;
            _line.Own($"  {Human.Size(meter.Packets / seconds)}pkt/s  {Human.Size(8 * meter.Bytes / seconds)}bit/s");
            End();
            Fact("busiest");
            _line.Own($"{Human.Size(meter.PeakPackets)}pkt/s  {Human.Size(8.0 * meter.PeakBytes)}bit/s");
        }

        End();
    }

    // To the millisecond: two of them fit a line.
    private void WriteTime(long nanos)
    {
        Span<byte> text = stackalloc byte[Timestamps.DateSize + 1 + Timestamps.ClockSize];
        var used = Timestamps.Date(text, nanos, TimeSpan.Zero);
        text[used++] = (byte)'T';
        used += Timestamps.Clock(text[used..], nanos, TimeSpan.Zero);
        _line.Own(text[..used]);
        _line.Own("Z"u8);
    }

    private void WriteProtocols(TrafficTally tally)
    {
        var protocols = tally.Protocols
            .OrderByDescending(protocol => protocol.Bytes)
            .ThenByDescending(protocol => protocol.Transactions)
            .ThenBy(protocol => protocol.Name, StringComparer.Ordinal)
            .ToList();
        if (protocols.Count == 0) return;

        var bytes = protocols.Sum(protocol => protocol.Bytes);
        End();
        Heading("PROTOCOL", 12, "FLOWS", 6, "PACKETS", 8, "BYTES", 7, "SHARE", 7, "", BarColumns + 1);
        Heading("CALLS", 7, "P50", 7, "P90", 7, "P99", 7);
        End();
        foreach (var protocol in protocols)
        {
            _line.Captured(Encoding.UTF8.GetBytes(protocol.Name));
            _line.PadTo(12);
            Right(Human.Size(protocol.Flows), 6);
            Right(Human.Size(protocol.Packets), 8);
            Right(Human.Size(protocol.Bytes), 7);
            Right(Human.Share(protocol.Bytes, bytes), 7);
            Bar(protocol.Bytes, bytes);
            Right(protocol.Transactions == 0 ? "-" : Human.Size(protocol.Transactions), 7);
            foreach (var share in (ReadOnlySpan<double>)[0.5, 0.9, 0.99])
            {
                Right(protocol.Latency is { } latency ? Human.Duration(latency.Quantile(share)) : "-", 7);
            }

            End();
        }
    }

    private void WriteTop<TKey>(
        string title, TopCounts<TKey> counts, Comparison<TKey> tieBreak, Action<TKey> writeKey) where TKey : notnull
    {
        if (counts.Count == 0) return;

        var top = counts.Top(RowsMax, tieBreak);
        var hasBytes = top[0].Value.Bytes > 0;
        End();
        Heading(title, 52, hasBytes ? "FLOWS" : "TIMES", 10);
        if (hasBytes) Heading("", 0, "BYTES", 10);
        End();
        foreach (var (key, entry) in top)
        {
            writeKey(key);
            _line.PadTo(52);
            Right(Human.Count((ulong)entry.Count), 10);
            if (hasBytes) Right(Human.Size(entry.Bytes), 10);
            End();
        }

        var hidden = counts.Count - top.Count;
        if (hidden == 0 && counts.Forgotten == 0) return;

        _line.Use(Paint.Dim);
        _line.Own($"and {Human.Count((ulong)(hidden + counts.Forgotten))} more");
        End();
    }

    private void WriteErrors(TrafficTally tally)
    {
        var errors = tally.Errors
            .OrderByDescending(error => error.Count)
            .ThenBy(error => error.Field, StringComparer.Ordinal)
            .ThenBy(error => error.Value)
            .Take(RowsMax)
            .ToList();
        if (errors.Count == 0) return;

        End();
        Heading("ERROR", 52, "TIMES", 10);
        End();
        foreach (var (field, value, count) in errors)
        {
            var names = NumberNames.For(field);
            _line.Own($"{field} ");
            _line.Use(CodePaint.Of(field, value));
            _line.Own(names is not null && value < (ulong)names.Count
                ? names[(int)value]
                : value.ToString(CultureInfo.InvariantCulture));
            _line.Use(Paint.Plain);
            _line.PadTo(52);
            Right(Human.Count((ulong)count), 10);
            End();
        }
    }

    private void WriteLedger(IReadOnlyList<LedgerLine> ledger, string? balance)
    {
        var shown = ledger.Where(line => line.Count != 0).ToList();
        if (shown.Count == 0) return;

        End();
        Heading("LEDGER", 52, "COUNT", 10);
        End();
        foreach (var entry in shown)
        {
            _line.Own(entry.Stage);
            _line.PadTo(12);
            if (entry.IsLoss) _line.Use(Paint.Yellow);
            _line.Own(entry.Reason);
            _line.Use(Paint.Plain);
            _line.PadTo(52);
            Right(Human.Count((ulong)entry.Count), 10);
            if (entry.IsLoss) _line.Own("  lost"u8);
            End();
        }

        if (balance is null) return;

        _line.Own("balance"u8);
        _line.PadTo(12);
        _line.Own(balance);
        End();
    }

    private static int CompareServers(ServerKey left, ServerKey right)
    {
        var order = left.Address.CompareTo(right.Address);
        if (order == 0) order = left.Port.CompareTo(right.Port);
        if (order == 0) order = left.Protocol.CompareTo(right.Protocol);
        return order != 0 ? order : left.App.CompareTo(right.App);
    }

    private void WriteAddress(Address address)
    {
        if (names?.TryGet(address, out var name) == true)
        {
            _line.Captured(name);
            return;
        }

        Span<byte> text = stackalloc byte[AddressText.SizeMax];
        _line.Own(text[..AddressText.Format(text, address)]);
    }

    private void WriteServer(ServerKey server)
    {
        var isBracketed = server.Port != 0 && !server.Address.IsV4 && names?.TryGet(server.Address, out _) != true;
        if (isBracketed) _line.Own("["u8);
        WriteAddress(server.Address);
        if (isBracketed) _line.Own("]"u8);
        if (server.Port != 0) _line.Own($":{server.Port}");
        _line.Own($"  {IpProtocolNames.Own(server.Protocol)}");
        if (server.App != Apps.Unknown) _line.Own($" {Apps.Name(server.App)}");
    }

    private void WriteName(string name) =>
        _line.Captured(Encoding.Latin1.GetBytes(name.Length > 50 ? name[..50] : name));

    private void Bar(double part, double whole)
    {
        _line.Own(" "u8);
        var start = _line.Columns;
        var eighths = whole <= 0 ? 0 : (int)Math.Round(8 * BarColumns * part / whole);
        _line.Use(Paint.Cyan);
        for (; eighths >= 8; eighths -= 8) _line.Own("█"u8);
        if (eighths > 0) _line.Own(" ▏▎▍▌▋▊▉"[eighths].ToString());
        _line.Use(Paint.Plain);
        _line.PadTo(start + BarColumns);
    }

    private void Fact(string name)
    {
        _line.Use(Paint.Dim);
        _line.Own(name);
        _line.Use(Paint.Plain);
        _line.PadTo(14);
    }

    // The first is left-aligned, the numbers after it right.
    private void Heading(string title, int columns, params ReadOnlySpan<object> numbers)
    {
        var start = _line.Columns;
        _line.Use(Paint.Bold);
        if (columns > 0 && start > 0) Right(title, columns);
        else _line.Own(title);
        _line.PadTo(start + columns);
        for (var index = 0; index < numbers.Length; index += 2) Right((string)numbers[index], (int)numbers[index + 1]);
    }

    private void Right(string text, int columns)
    {
        _line.PadTo(_line.Columns + columns - text.EnumerateRunes().Count());
        _line.Own(text);
    }

    private void End()
    {
        _line.MoveTo(buffer);
        buffer.EndLine();
    }
}
