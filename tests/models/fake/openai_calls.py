"""Twenty calls of the official client: `python openai_calls.py URL PICTURE`."""

import json
import sys
from typing import Any

URL, PICTURE = sys.argv[1:3]


def shows(data: str, text: str = "Which colour? red, green or blue") -> list[dict[str, Any]]:
    """A turn with a picture."""
    image = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
    return [{"role": "user", "content": [image, {"type": "text", "text": text}]}]


def main() -> int:
    """The number of calls that went well; raises at the first that does not."""
    import openai  # type: ignore[import-not-found, unused-ignore]

    client = openai.OpenAI(base_url=URL, api_key="none", max_retries=0, timeout=20)
    chat: Any = client.chat.completions.create
    hello = [{"role": "user", "content": "Hello there"}]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": True}}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    count = 0

    def refused(kind: type[Exception], **fields: Any) -> Any:
        try:
            chat(**({"model": "habits", "messages": hello} | fields))
        except kind as error:
            return error
        raise AssertionError(f"{fields} was answered")

    def well(holds: object) -> None:
        nonlocal count
        assert holds, f"call {count + 1}"
        count += 1

    well("think" in [model.id for model in client.models.list()])
    well(client.models.retrieve("think").id == "think")
    well(chat(model="habits", messages=hello).choices[0].message.content == "Hello there")
    told = chat(model="habits", messages=shows(PICTURE), max_tokens=1)
    well(told.choices[0].message.content.casefold() == "red" and told.usage.prompt_tokens > 0)
    told = chat(model="habits", messages=hello, logprobs=True, top_logprobs=5)
    well(told.choices[0].logprobs.content[0].top_logprobs[0].token == "Hello")
    well(len(chat(model="habits", messages=hello, n=3).choices) == 3)
    well(isinstance(json.loads(chat(model="habits", messages=hello, response_format=form)
                               .choices[0].message.content)["n"], int))  # fmt: skip
    told = chat(model="habits", messages=hello, response_format={"type": "json_object"})
    well(isinstance(json.loads(told.choices[0].message.content), dict))
    parts = list(chat(model="habits", messages=hello, stream=True))
    well("".join(p.choices[0].delta.content or "" for p in parts) == "Hello there")
    usage = {"include_usage": True}
    parts = list(chat(model="habits", messages=hello, stream=True, stream_options=usage))
    well(parts[-1].usage.total_tokens > 0 and parts[-2].choices[0].finish_reason == "stop")
    parts = list(chat(model="habits", messages=hello, stream=True, logprobs=True, top_logprobs=2))
    well(any(p.choices[0].logprobs and p.choices[0].logprobs.content for p in parts))
    parts = list(chat(model="reasoning-content", messages=hello, stream=True))
    well("".join(getattr(p.choices[0].delta, "reasoning_content", "") for p in parts)
         == "Let me think.")  # fmt: skip
    well(refused(openai.BadRequestError, tools=[tool]).param == "tools")
    well(refused(openai.NotFoundError, model="nobody").code == "model_not_found")
    well(refused(openai.BadRequestError, messages=shows("####")).code == "invalid_image_url")
    well(refused(openai.BadRequestError, temperature=3).param == "temperature")
    well(refused(openai.RateLimitError, model="always-rate-limited").status_code == 429)
    well(refused(openai.InternalServerError, model="loading-60").status_code == 503)
    vectors = client.embeddings.create(model="habits", input=["a red car", "a blue car"])
    well(len(vectors.data) == 2 and abs(sum(x * x for x in vectors.data[0].embedding) - 1) < 1e-3)
    told = chat(model="refusal", messages=hello)
    well(told.choices[0].message.refusal and told.choices[0].message.content is None)
    return count


if __name__ == "__main__":
    print(main())
