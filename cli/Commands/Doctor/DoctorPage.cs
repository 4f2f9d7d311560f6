using System.Text;
using NetSniff.Cli.Commands.Helping;
using NetSniff.Cli.Outputs.Table;

namespace NetSniff.Cli.Commands.Doctor;

/// <summary>A line for each check as it is done, folded to the terminal.</summary>
/// <param name="retyped">Says what to type by the name the program was called by.</param>
internal sealed class DoctorPage(OutputBuffer buffer, Line line, int columns, Func<string, string> retyped)
{
    private const int StateWidth = 6;
    private const int WidthMin = 30;

    private static readonly int s_nameWidth = Checks.Names.Max(static name => name.Length) + 2;

    public void Write(CheckResult result)
    {
        var (word, paint) = result.State switch
        {
            CheckState.Ok => ("ok", Paint.Green),
            CheckState.Note => ("note", Paint.Yellow),
            CheckState.Bad => ("bad", Paint.Red),
            _ => ("-", Paint.Dim),
        };
        Fold(word, paint, result.Check, result.What, result.State == CheckState.Skipped ? Paint.Dim : Paint.Plain);
        if (result.Fix.Length > 0) Fold("", Paint.Plain, "  fix", result.Fix, Paint.Cyan);
        buffer.Flush();
    }

    private void Fold(string state, Paint statePaint, string name, string text, Paint paint)
    {
        var start = StateWidth + s_nameWidth;
        var width = columns == Line.Endless ? Line.Endless : Math.Max(WidthMin, columns - start);
        var isFirst = true;
        foreach (var part in Folding.Words(retyped(text), width))
        {
            if (isFirst)
            {
                line.Use(statePaint);
                line.Own(state);
                line.Use(Paint.Plain);
                line.PadTo(StateWidth);
                line.Use(name.StartsWith(' ') ? Paint.Dim : Paint.Bold);
                line.Own(name);
                line.Use(Paint.Plain);
            }

            line.PadTo(start);
            line.Use(paint);
            line.Captured(Encoding.UTF8.GetBytes(part));
            line.Use(Paint.Plain);
            line.MoveTo(buffer);
            buffer.EndLine();
            isFirst = false;
        }
    }
}
