using System.Globalization;
using System.Text;
using System.Text.Json;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;

namespace NetSniff.Cli.Commands.Status;

/// <summary>What CaptureProfiles ask for, and how far that is so.</summary>
internal sealed class ProfilesPage(OutputBuffer buffer, Line line)
{
    public void Write(IReadOnlyList<JsonElement> profiles)
    {
        line.Use(Paint.Bold);
        line.Own("Profiles");
        line.Use(Paint.Plain);
        End();
        if (profiles.Count == 0)
        {
            line.Use(Paint.Dim);
            line.Own("  there is none: nothing is captured");
            line.Use(Paint.Plain);
            End();
            return;
        }

        var grid = new Grid("NAME", "SCOPE", "PODS", "SENSORS", "PROGRAMMED", "WORKERS", "LOST", "STATUS")
        {
            Indent = 2,
        };
        foreach (var profile in profiles.OrderBy(KubeObject.FullName, StringComparer.Ordinal)) grid.Add(Row(profile));
        grid.Write(line, buffer);
        foreach (var profile in profiles) WriteTroubles(profile);
    }

    private static GridCell[] Row(JsonElement profile)
    {
        var ready = KubeObject.Condition(profile, "Ready");
        var desired = profile.Number("status", "sensors", "desired");
        return
        [
            GridCell.Of(KubeObject.FullName(profile), Paint.Cyan),
            GridCell.Of(profile.Text("spec", "scope")),
            GridCell.Number(Text(profile.Number("status", "targetedPods"))),
            Share(profile.Number("status", "sensors", "ready"), desired),
            Share(profile.Number("status", "sensors", "programmed"), desired),
            Share(profile.Number("status", "workers", "ready"), profile.Number("status", "workers", "desired")),
            GridCell.Number(profile.Text("status", "capture", "dropRatio")),
            GridCell.Of(
                ready?.Text("reason") ?? "Unknown",
                ready is null ? Paint.Yellow : ready.Value.Text("status") == "True" ? Paint.Green : Paint.Red),
        ];
    }

    private void WriteTroubles(JsonElement profile)
    {
        foreach (var condition in profile.List("status", "conditions"))
        {
            if (condition.Text("status") == "True") continue;

            line.Use(Paint.Yellow);
            line.Own("  ");
            line.Captured(Encoding.UTF8.GetBytes(
                $"{KubeObject.FullName(profile)} {condition.Text("type")}={condition.Text("status")} "
                + $"{condition.Text("reason")}: {condition.Text("message")}".TrimEnd(':', ' ')));
            line.Use(Paint.Plain);
            End();
        }
    }

    private static GridCell Share(int? part, int? whole)
    {
        if (whole is null) return GridCell.Of("");

        var text = string.Create(CultureInfo.InvariantCulture, $"{part ?? 0}/{whole}");
        return GridCell.Number(text, (part ?? 0) < whole ? Paint.Yellow : Paint.Plain);
    }

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private void End()
    {
        line.MoveTo(buffer);
        buffer.EndLine();
    }
}
