"""The words of a plan in templates."""

from django import template

from keepers.crm.portfolio.plan.words import in_words

register = template.Library()
register.filter("planned", in_words)
