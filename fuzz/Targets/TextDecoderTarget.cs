using System.Text;
using NetSniff.Detection.Rules;
using NetSniff.Detection.Rules.Patterns;
using NetSniff.Fuzz.Fuzzing;

namespace NetSniff.Fuzz.Targets;

/// <summary>What undoes encodings before patterns look: any bytes through every decoder, one after the other, and none
/// of them makes a text longer.</summary>
internal sealed class TextDecoderTarget : FuzzTarget
{
    private static readonly DecodeStep[] s_steps = Enum.GetValues<DecodeStep>();

    public override string Name => "text-decoders";

    public override int PartBytesMax => PatternScratch.TextBytesMax;

    public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => ((string[])
    [
        "/p?id=1%2527%20UNION%20SELECT&a=%u0027", "&lt;script&gt;&#39;&#x27;", "union/**/select/*!50000 1*/ /*",
        "c=YmFzaCAtaSA+JiAvZGV2L3RjcC8xMC4wLjAuMQ==", "\\u0027\\x27ｓｅｌ", "%25%25%32%35",
    ]).Select(text => FuzzInput.Flat(Encoding.UTF8.GetBytes(text)));

    public override void Run(FuzzInput input, Novelty novelty)
    {
        var text = input.Parts.Count > 0 ? input.Parts[0] : [];
        foreach (var step in s_steps)
        {
            var target = new byte[text.Length];
            var length = TextDecoder.Decode(step, text, target);
            if (length < TextDecoder.Unchanged || length > text.Length)
            {
                throw new BrokenContractException($"{step} makes {length} bytes of {text.Length}");
            }

            novelty.Note((int)step, Novelty.Order(Math.Max(0, length)), (ulong)Novelty.Order(text.Length - length));
            if (length >= 0) text = target[..length];
        }
    }
}
