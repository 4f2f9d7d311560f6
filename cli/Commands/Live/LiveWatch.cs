using System.Globalization;
using NetSniff.Cli.Outputs;
using NetSniff.Sensor.Capture;

namespace NetSniff.Cli.Commands.Live;

/// <summary>Tells the user beside the output how the capture goes: that it runs, that an interface went or came, that
/// packets are being lost.</summary>
/// <remarks>One thread looks, the one that waits for the others.</remarks>
internal sealed class LiveWatch(Terminal terminal, IReadOnlyList<PacketCapture> captures, bool isQuiet)
{
    /// <summary>New interfaces told one by one; a node that starts pods all day needs no line for each.</summary>
    private const int NewInterfacesToldMax = 8;

    private HashSet<string> _toldProblems = [];
    private int _interfacesKnown;
    private int _newInterfacesTold;
    private bool _hasToldLoss;

    public void Begin(string backend)
    {
        _interfacesKnown = captures[0].Interfaces.Count;
        if (isQuiet) return;

        var names = string.Join(", ", captures.Select(capture => capture.Name).Distinct());
        var threads = captures.Count.ToString(CultureInfo.InvariantCulture);
        var what = captures.Count == 1 ? backend : $"{backend}, {threads} threads";
        terminal.Say($"capturing on {names} ({what}); Ctrl-C ends it");
    }

    public void Look()
    {
        TellProblems();
        if (isQuiet) return;

        TellNewInterfaces();
        if (_hasToldLoss || captures.Sum(capture => capture.Counters.Lost) == 0) return;

        _hasToldLoss = true;
        terminal.Say($"packets are being lost; {Remedy}");
    }

    /// <param name="lost">Packets, over all captures.</param>
    public void End(long lost)
    {
        TellProblems();
        if (lost > 0 && !isQuiet) terminal.Say($"{Human.Count((ulong)lost)} packets were lost; {Remedy}");
    }

    private const string Remedy =
        "what helps: a --filter, a bigger --ring-mib, more --rings, a smaller --snaplen, or -o summary";

    // Also when quiet: it is an error.
    private void TellProblems()
    {
        var problems = captures.Select(capture => capture.Problem?.Text).OfType<string>().ToHashSet();
        foreach (var text in problems.Where(text => !_toldProblems.Contains(text))) terminal.Say(text);
        _toldProblems = problems; // one that passes and comes again is news again
    }

    private void TellNewInterfaces()
    {
        var interfaces = captures[0].Interfaces;
        for (; _interfacesKnown < interfaces.Count; _interfacesKnown++)
        {
            if (_newInterfacesTold++ >= NewInterfacesToldMax) continue;

            var last = _newInterfacesTold == NewInterfacesToldMax ? "; further ones are not announced" : "";
            terminal.Say($"a new interface: {interfaces[_interfacesKnown].Name}{last}");
        }
    }
}
